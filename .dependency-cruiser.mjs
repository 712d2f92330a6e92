/**
 * The arrows of the house (docs/architecture.md): what each part of it may import.
 * A part that is not named here may import nothing of ours, so that a new one has to be thought about.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const arrows = {
  'src/contracts': [],
  'src/codec': ['src/contracts'],
  'src/batch': ['src/contracts'],
  'src/protocol/broker': ['src/contracts', 'src/protocol'],
  'src/protocol/client': ['src/contracts', 'src/protocol', 'src/batch'],
  'src/protocol': ['src/contracts'],
  'src/log': ['src/contracts', 'src/batch', 'src/protocol'],
  'src/store': ['src/contracts', 'src/codec', 'src/batch', 'src/protocol/client'],
  'src/engines': ['src/contracts', 'src/codec', 'src/batch', 'src/protocol', 'src/log'],
  'src/pipeline': ['src/contracts', 'src/codec', 'src/batch', 'src/protocol/client', 'src/protocol/retry', 'src/store'],
  'src/jobs': [
    'src/contracts',
    'src/codec',
    'src/batch',
    'src/protocol/client',
    'src/protocol/delay',
    'src/store',
    'src/pipeline',
  ],
  'src/retry': [
    'src/contracts',
    'src/codec',
    'src/batch',
    'src/protocol/client',
    'src/protocol/retry',
    'src/store',
    'src/pipeline',
  ],
  'src/millrace': [
    'src/contracts',
    'src/codec',
    'src/batch',
    'src/protocol/client',
    'src/log',
    'src/store',
    'src/engines',
    'src/pipeline',
    'src/jobs',
    'src/protocol/retry',
    'src/retry',
  ],
  'src/testing': [
    'src/contracts',
    'src/codec',
    'src/batch',
    'src/protocol',
    'src/log',
    'src/store',
    'src/pipeline',
    'src/jobs',
    'src/millrace',
    'src/engines/embedded',
    'src/engines/simulated',
  ],
  'src/cli': ['src', 'operators'],
  'src/index': [
    'src/contracts',
    'src/codec',
    'src/log',
    'src/store',
    'src/pipeline',
    'src/retry',
    'src/jobs',
    'src/millrace',
  ],
  'src/engine': ['src/contracts', 'src/batch', 'src/millrace'],
  operators: ['src/contracts', 'src/codec', 'src/pipeline/stream.ts'],
  examples: ['src/index.ts', 'operators/index.ts'],
}

const parts = Object.keys(arrows)
const at = (part) => `^${part.replaceAll('.', '\\.')}(/|\\.|$)`
const inside = (part) => parts.filter((other) => other.startsWith(`${part}/`))

const house = parts.map((part) => ({
  name: `arrows-of-${part.replaceAll('/', '-')}`,
  severity: 'error',
  from: { path: at(part), ...(inside(part).length > 0 ? { pathNot: inside(part).map(at) } : {}) },
  to: { path: '^(src|operators|test|bench|examples)/', pathNot: [part, ...arrows[part]].map(at) },
}))

/** Node's own modules that reach outside of the program, and who may name them. */
const outside = [
  { modules: 'fs|fs/promises', only: ['src/log/disk-storage.ts', 'src/testing/report/disk-writer.ts', 'src/cli'] },
  { modules: 'timers|timers/promises|perf_hooks|crypto', only: ['src/millrace/system.ts', 'src/cli'] },
  { modules: 'child_process|cluster|worker_threads|net|tls|http|https|dgram', only: ['src/cli'] },
]

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Of types too: two files that name each other are one.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    { name: 'resolves', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...house,
    {
      name: 'no-unnamed-part',
      comment: 'A new folder of src needs its arrows: name it in .dependency-cruiser.mjs.',
      severity: 'error',
      from: { path: '^src/', pathNot: parts.map(at) },
      to: { path: '^(src|operators)/' },
    },
    {
      name: 'engines-are-strangers',
      comment: 'What lies directly in src/engines is for all of them, and knows none.',
      severity: 'error',
      from: { path: '^src/engines/([^/]+)/' },
      to: { path: '^src/engines/[^/]+/', pathNot: '^src/engines/$1/' },
    },
    {
      name: 'engines-share-no-engine',
      severity: 'error',
      from: { path: '^src/engines/[^/]+$' },
      to: { path: '^src/engines/[^/]+/' },
    },
    {
      name: 'nobody-imports-testing',
      comment: 'What tests are made of is no part of what runs.',
      severity: 'error',
      from: { path: '^(src|operators)/', pathNot: at('src/testing') },
      to: { path: at('src/testing') },
    },
    {
      name: 'nobody-imports-tests',
      severity: 'error',
      from: { path: '^(src|operators|examples|bench)/' },
      to: { path: '^test/' },
    },
    ...outside.map(({ modules, only }) => ({
      name: `only-adapters-name-${modules.split('|')[0]}`,
      severity: 'error',
      from: { path: '^(src|operators)/', pathNot: only.map(at) },
      to: { dependencyTypes: ['core'], path: `^(node:)?(${modules})$` },
    })),
    {
      name: 'ships-what-it-imports',
      comment: 'What the package imports has to be among its dependencies or peers.',
      severity: 'error',
      from: { path: '^(src|operators)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm', 'npm-peer'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['millrace-source', 'import', 'types', 'node', 'default'],
    },
  },
}
