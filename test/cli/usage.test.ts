import { spawnSync } from 'node:child_process'
import { posix } from 'node:path'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { buildProgram } from '../../src/cli/program.ts'
import { run } from '../support/cli-world.ts'
import { read } from '../tidy/sources.ts'

const program = buildProgram({} as never, { printed: () => undefined, said: () => undefined })

const leavesOf = (command: Command, path: readonly string[]): readonly (readonly string[])[] =>
  command.commands.length === 0 ? [path] : command.commands.flatMap((one) => leavesOf(one, [...path, one.name()]))

const leaves = leavesOf(program, []).map((path) => path.join(' '))

describe('every command', () => {
  it.each(leaves)('%s says what it takes, with an example, and what its JSON is', async (leaf) => {
    const { code, stdout, stderr } = await run([...leaf.split(' '), '--help'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/\nExamples?:\n {2}\$ .*millrace/)
    expect(stdout).toContain('--url <url>')
    if (!['completion', 'help'].includes(leaf)) expect(stdout).toMatch(/--json +write JSON: /)
  })

  it.each([[[]], [['topics']], [['groups']], [['dlq']], [['jobs']]])(
    'has an example above it, too: %j',
    async (path) => {
      const { code, stdout, stderr } = await run([...path, '--help'])
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toMatch(/\nExamples?:\n {2}\$ .*millrace/)
    },
  )
})

/** The files that are loaded with `path`, without what is only imported when it is needed. */
const loadedWith = (path: string, loaded: Set<string> = new Set()): ReadonlySet<string> => {
  if (loaded.has(path)) return loaded
  loaded.add(path)
  for (const [, from = ''] of read(path).matchAll(/^(?:import|export) (?!type\b)[^'"]*? from '(\.[^']+)'/gm))
    loadedWith(posix.join(posix.dirname(path), from), loaded)
  return loaded
}

describe('the help', () => {
  it('of a command stands behind its name too', async () => {
    for (const path of [[], ['topics'], ['topics', 'create']])
      expect(await run(['help', ...path])).toEqual(await run([...path, '--help']))
  })

  it('shows what a command cannot do without in its usage', async () => {
    for (const [line, usage] of [
      ['topics create', 'topics create --topic <topic> [options]'],
      ['topics list', 'topics list [options]'],
      ['jobs show', 'jobs show --delayed <delayed> [options] <id>'],
    ] as const)
      expect((await run([...line.split(' '), '--help'])).stdout).toContain(`Usage: millrace ${usage}\n`)
  })

  it('is what there is to see behind a word under which commands stand', async () => {
    for (const path of [[], ['topics'], ['groups'], ['dlq'], ['jobs']])
      expect(await run(path)).toEqual(await run([...path, '--help']))
  })

  it('breaks no line before it is full', async () => {
    expect((await run(['jobs', '--help'])).stdout).toContain('at once where\nit runs, else as the first thing')
  })

  it('loads no engine, and none of what a command does', () => {
    const folders = new Set(Array.from(loadedWith('src/cli/main.ts'), (path) => posix.dirname(path)))
    expect([...folders].sort()).toEqual(['src/cli', 'src/cli/commands', 'src/contracts', 'src/millrace'])
    expect([...loadedWith('src/cli/main.ts')]).not.toContain('src/millrace/connect.ts')
  })
})

describe('a wrong command line', () => {
  it.each([
    ['topics create', "required option '--topic <topic>'"],
    ['topics lits', 'Did you mean list?'],
    ['help topics lits', "unknown command 'lits'"],
    ['topics list orders', '--topic NAME'],
    ['topics create orders', '--topic NAME'],
    ['consume out', '--topic NAME'],
    ['topics create --topik a', 'Did you mean --topic?'],
    ['topics create --name x', "unknown option '--name'"],
    ['topics create --topic a --topic b', "It takes one, and has 'a' already."],
    ['consume --topic a --topic b', "It takes one, and has 'a' already."],
    ['consume --topic a --group g --group h', "It takes one, and has 'g' already."],
    ['consume --topic a --offset foo', 'an offset, earliest, latest, or -N for the last N'],
    ['consume --topic a --offset 1.5', 'an offset, earliest, latest, or -N for the last N'],
    ['produce --topic a --key-separator=', 'leave it out where records have no key'],
    ['groups describe --all-groups', 'all of them where none is named'],
    ['groups describe --group g --members', 'who has which partition'],
    ['groups describe --group g --state', 'groups describe shows it'],
    ['groups reset --group g --from-file f', '--topic NAME:PARTITION'],
    ['consume --topic a --key-deserializer Long', 'say --key-format'],
    ['consume --topic a --formatter Default', 'say --format or --json'],
    ['produce --topic a --producer-property acks=1', 'leave it out'],
    ['topics list --exclude-internal', '--internal shows them'],
    ['consume --whitelist a', 'name one topic'],
    ['topics create --topic a --delete-config retention.ms', 'topics alter --topic NAME --delete-config'],
    ['topics create --topic a --partitions none', 'whole number from 1'],
    ['topics create --topic a/b', 'use only A-Z'],
    ['topics create --topic a --config retention', 'NAME=VALUE'],
    ['topics create --topic a --config retention=1', "did you mean 'retention.ms'?"],
    ['topics create --topic a --replication-factor 3', 'leave it out'],
    ['consume --bootstrap-server localhost:9092 --topic a', '--url file:./data'],
    ['consume --topic a --value-format yaml', 'Allowed choices are text'],
    ['--url data topics list', "did you mean 'file:data'"],
    ['--url kafka://x topics list', 'no engine for Apache Kafka yet; use --url file:./data'],
    ['--url memory: topics list', 'gone with this command'],
    ['--url memory topics list', 'gone with this command'],
    ['produce --topic a --file /no/such/file', '/no/such/file'],
    ['dlq redrive --topic a --to source', 'Allowed choices are lane, origin'],
    ['dlq redrive --topic a --rate 100', '100/s'],
    ['dlq redrive --topic a --execute --dry-run', 'cannot be used with'],
    ['dlq list --topic a --since yesterday', '2026-01-31T12:00:00'],
    ['dlq list --topic a --key x --key-format int32', 'is no int32'],
    ['dlq show', "missing required argument 'letter'"],
    ['dlq show charge.dead', 'TOPIC-PARTITION-OFFSET'],
    ['jobs list', "required option '--delayed <delayed>'"],
    ['jobs reschedule --delayed later o1', '--after DURATION'],
    ['jobs reschedule --delayed later o1 --after soon', 'PT1H30M'],
    ['jobs cancel --delayed later', "missing required argument 'id'"],
  ])('%s is told what to do', async (line, says) => {
    const { code, stdout, stderr } = await run(line.split(' '))
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(says)
    expect(stderr).not.toMatch(/^ +at /m)
  })

  it('comes with its stack for who debugs', async () => {
    for (const env of [{}, { MILLRACE_DEBUG: '1' }]) {
      const flags = 'MILLRACE_DEBUG' in env ? [] : ['--debug']
      const { stderr } = await run([...flags, '--url', 'memory:', 'topics', 'list'], { env })
      expect(stderr).toMatch(/^ +at /m)
    }
  })
})

describe('completion', () => {
  /** What bash offers behind `line`. */
  const offered = async (line: string): Promise<readonly string[]> => {
    const { stdout } = await run(['completion', 'bash'])
    const words = line.split(' ')
    const ask = `${stdout}\nmillrace() { [ "$3" = "$2" ] || echo "$*" | tr ' ' '\\n'; }
COMP_LINE='${line}'; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_millrace; printf '%s\\n' "\${COMPREPLY[@]}"`
    return spawnSync('bash', ['--norc', '-c', ask], { encoding: 'utf8' }).stdout.trim().split('\n')
  }

  it.each([
    [
      'millrace ',
      [
        'topics',
        'produce',
        'consume',
        'groups',
        'dlq',
        'jobs',
        'completion',
        'help',
        '--version',
        '--url',
        '--debug',
        '--help',
      ],
    ],
    ['millrace to', ['topics']],
    ['millrace topics de', ['describe', 'delete']],
    ['millrace --url file:./x topics create --p', ['--partitions']],
    ['millrace consume --isolation-level read_', ['read_committed', 'read_uncommitted']],
    ['millrace completion ', ['bash', 'zsh', 'fish', '--version', '--url', '--debug', '--help']],
    ['millrace --url file:./x consume --topic ', ['--url', 'file:./x', 'topics', 'list']],
    ['millrace jobs list --delayed ', ['groups', 'list']],
    ['millrace dlq redrive --to ', ['lane', 'origin']],
  ])('offers bash, behind "%s", what may stand there', async (line, words) =>
    expect(await offered(line)).toEqual(words),
  )

  it.each(['zsh', 'fish'])('knows every command in %s', async (shell) => {
    const { stdout } = await run(['completion', shell])
    for (const leaf of leaves) expect(stdout).toContain(leaf.split(' ').at(-1))
  })
})
