import { Readable } from 'node:stream'
import { openEngine } from '../../src/cli/open-engine.ts'
import { runCli } from '../../src/cli/run-cli.ts'
import { ReaderGone, type Sink, type World } from '../../src/cli/world.ts'
import { systemClock, systemRandom } from '../../src/millrace/system.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** What a command line came to. */
export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** What a test may do with the world around a command. */
export interface RunOptions extends Partial<Pick<World, 'open' | 'clock' | 'interrupted' | 'env'>> {
  /** What comes on stdin, a piece at a time. */
  readonly input?: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>
  /** How many writes to stdout are taken before its reader goes. */
  readonly readerTakes?: number
}

const sink = (texts: string[], takes = Number.POSITIVE_INFINITY): Sink => ({
  isTerminal: false,
  write: async (text) => {
    if (text !== '' && texts.length >= takes) throw new ReaderGone('nobody reads')
    if (text !== '') texts.push(text)
  },
})

/** Runs `millrace` in this process, as `args` have it, each a word. */
export const run = async (args: readonly string[], options: RunOptions = {}): Promise<Ran> => {
  const [stdout, stderr]: [string[], string[]] = [[], []]
  const code = await runCli(args, {
    stdin: () => Readable.from(options.input ?? [], { objectMode: false }),
    stdout: sink(stdout, options.readerTakes),
    stderr: sink(stderr),
    env: options.env ?? {},
    clock: options.clock ?? systemClock,
    random: systemRandom,
    interrupted: options.interrupted ?? new AbortController().signal,
    open: options.open ?? openEngine,
  })
  return { code, stdout: stdout.join(''), stderr: stderr.join('') }
}

/** The same in a directory of its own, which is gone when the test is over. */
export const inDirectory = (): ((line: string, options?: RunOptions) => Promise<Ran>) => {
  const url = `file:${temporaryDirectory()}/data`
  return (line, options) => run(['--url', url, ...line.split(' ')], options)
}
