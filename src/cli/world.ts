import type { Readable } from 'node:stream'
import type { Clock } from '../contracts/clock.ts'
import type { Engine } from '../contracts/engine.ts'
import type { Random } from '../contracts/random.ts'

/** What a command may do to an engine: `read` never writes, `write` needs it to be there, `create` makes it. */
export type Access = 'read' | 'write' | 'create'

/** Everything that a command touches, so that a test can hand in its own. */
export interface World {
  /** Opened when it is asked for: a command that reads nothing must not wait for it. */
  readonly stdin: () => Readable
  /** Data. */
  readonly stdout: Sink
  /** Everything else that is said. */
  readonly stderr: Sink
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly random: Random
  /** Aborts at Ctrl-C, once: the command then ends in good order. */
  readonly interrupted: AbortSignal
  /** Rejects with a `MillraceError`, or a {@link Complaint}. */
  readonly open: (url: string, access: Access) => Promise<Engine>
}

/** Where text goes. */
export interface Sink {
  /** Resolves once the text was handed on; rejects with {@link ReaderGone}, or a {@link Complaint}. */
  readonly write: (text: string) => Promise<void>
  readonly isTerminal: boolean
}

/** Whoever read the output has had enough of it: `| head`. */
export class ReaderGone extends Error {
  readonly _tag = 'ReaderGone'
  override readonly name = 'ReaderGone'
}
