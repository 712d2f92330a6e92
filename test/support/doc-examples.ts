import { readdirSync } from 'node:fs'
import ts from 'typescript'
import { read, sources } from '../tidy/sources.ts'

/** A block of TypeScript in a page of the docs or in a docstring. */
export interface DocExample {
  /** `docs/pipelines.md:12`: where its first line stands. */
  readonly place: string
  /** With the beginning of its page before it, where the page says that its examples share one. */
  readonly code: string
  /** Why it is not run: what stands behind `ts ignore` in its fence. */
  readonly ignored: string | undefined
}

/** Every block of the pages, and of the docstrings in `src` and `operators`. */
export const docExamples = (): readonly DocExample[] => [...pageNames().flatMap(pageExamples), ...docstringExamples()]

const pageNames = (): readonly string[] => [
  'README.md',
  ...readdirSync(new URL('../../docs/', import.meta.url))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

const pageExamples = (path: string): readonly DocExample[] => {
  const text = read(path)
  const [first] = text.matchAll(/^```ts$/gm)
  const shares = first !== undefined && /share this beginning:\s*$/.test(text.slice(0, first.index))
  const blocks = blocksOf(path, text, /^()```ts( ignore\b.*)?\n([\s\S]*?)^```$/gm)
  if (!shares) return blocks
  const [beginning, ...rest] = blocks
  return rest.map((block) => ({ ...block, code: `${beginning?.code}\n${block.code}` }))
}

const docstringExamples = (): readonly DocExample[] =>
  sources(['src', 'operators']).flatMap(({ path, text }) =>
    blocksOf(path, text, /^([ \t]+\* ?)```ts( ignore\b.*)?\n([\s\S]*?)^\1```$/gm),
  )

const blocksOf = (path: string, text: string, fences: RegExp): readonly DocExample[] =>
  [...text.matchAll(fences)].map(({ 1: margin = '', 2: ignored, 3: code = '', index }) => ({
    place: `${path}:${text.slice(0, index).split('\n').length + 1}`,
    code: code
      .split('\n')
      .map((line) => (line.startsWith(margin) ? line.slice(margin.length) : line.replace(/^\s*\*/, '')))
      .join('\n'),
    ignored: ignored?.replace(/^ ignore:? */, ''),
  }))

/** An example as a module, which exports `run(preamble, is)`. */
export interface ExampleModule {
  readonly text: string
  /** How many values it says: so often, at least, `is` must have been called, with each place once. */
  readonly values: number
}

/** What `run` is given to compare with: `expression // => value` becomes `is(place, expression, value)`. */
export type Is = (place: number, actual: unknown, expected: unknown) => void

/**
 * Makes a module of an example. Its imports go to the top; the rest runs in a function, around which the names of the
 * preamble are in scope: what it declares itself goes before them.
 */
export const exampleModule = ({ code, place }: DocExample, preambleNames: readonly string[]): ExampleModule => {
  const { text, values } = withValues(code, place)
  const parsed = parse(text)
  const imports = parsed.statements.filter(ts.isImportDeclaration)
  let body = text
  for (const { pos, end } of imports.toReversed()) body = body.slice(0, pos) + body.slice(end)
  const lines = [
    `// ${place}`,
    "import type { ExamplePreamble } from '../test/support/example-preamble.ts'",
    "import type { Is } from '../test/support/doc-examples.ts'",
    ...imports.map((declaration) => declaration.getText(parsed)),
    `export const run = async ({ ${preambleNames.join(', ')} }: ExamplePreamble, is: Is): Promise<void> => {{`,
    body,
    'await millrace.close()',
    '}}',
  ]
  return { text: `${lines.join('\n')}\n`, values }
}

const parse = (code: string): ts.SourceFile => ts.createSourceFile('example.ts', code, ts.ScriptTarget.Latest, true)

/** `expression // => value` as a call of `is`. Throws where there is no expression. */
const withValues = (code: string, place: string): { readonly text: string; readonly values: number } => {
  const comments = [...code.matchAll(/[ \t]*\/\/ => (.*)$/gm)]
  const parsed = parse(code)
  let text = code
  for (const [at, { 0: comment, 1: value, index }] of [...comments.entries()].toReversed()) {
    const before = expressionEndingAt(parsed, index)
    if (before === undefined) throw new Error(`${place}: nothing stands before '${comment.trim()}' that has a value`)
    const end = index + comment.length
    text =
      before.name === undefined
        ? `${text.slice(0, before.start)}is(${at}, ${text.slice(before.start, index)}, ${value});${text.slice(end)}`
        : `${text.slice(0, index)}; is(${at}, ${before.name}, ${value});${text.slice(end)}`
  }
  return { text, values: comments.length }
}

/** The expression, or the constant declared, whose statement ends there. */
const expressionEndingAt = (
  file: ts.SourceFile,
  end: number,
): { readonly start: number; readonly name: string | undefined } | undefined => {
  let found: { readonly start: number; readonly name: string | undefined } | undefined
  const visit = (node: ts.Node): void => {
    if (ts.isExpressionStatement(node) && node.end === end) found = { start: node.getStart(file), name: undefined }
    if (ts.isVariableStatement(node) && node.end === end)
      found = { start: node.getStart(file), name: node.declarationList.declarations.at(-1)?.name.getText(file) }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

/** What is wrong with the types of each of `paths`, a line each; all in one program, with the project's own options. */
export const typeErrors = (paths: readonly string[]): ReadonlyMap<string, readonly string[]> => {
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, '.')
  const program = ts.createProgram([...paths], {
    ...options,
    // an example shows, and need not use, what it declares; nor is it anybody's public interface
    noUnusedLocals: false,
    noUnusedParameters: false,
    isolatedDeclarations: false,
    declaration: false,
  })
  const errorsOf = (path: string): readonly string[] => {
    const file = program.getSourceFile(path)
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
    return found.map(({ messageText, start = 0 }) => {
      const line = file?.text.slice(0, start).split('\n').length ?? 1
      return `${file?.text.split('\n')[line - 1]?.trim()}\n  ${ts.flattenDiagnosticMessageText(messageText, '\n  ')}`
    })
  }
  return new Map(paths.map((path) => [path, errorsOf(path)]))
}
