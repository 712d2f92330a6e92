import * as E from 'fp-ts/lib/Either.js'
import { text } from '../codec/text.ts'
import type { Clock } from '../contracts/clock.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import type { JobAnswer } from '../protocol/delay/job-state.ts'
import { answerCodec } from './answer-codec.ts'
import type { RawRecord } from './read-command.ts'

export interface AnswersParts {
  readonly topic: AnyTopic
  readonly clock: Clock
  /** What is written to `topic` from now on: resolves once nothing of that can be missed. Ends with the connection. */
  readonly follow: (topic: AnyTopic) => Promise<AsyncIterable<RawRecord>>
}

/** How long whoever asks waits for the answer. */
const patienceMs = 30_000

interface Waiting {
  readonly resolve: (answer: JobAnswer) => void
  readonly reject: (error: unknown) => void
}

/** The answers to the commands of this connection. Reads the topic of all answers, from the first command on. */
export class Answers {
  readonly #o: AnswersParts
  readonly #waiting = new Map<string, Waiting>()
  #following: Promise<void> | undefined

  constructor(parts: AnswersParts) {
    this.#o = parts
  }

  /**
   * Sends a command by `send`, and resolves with its answer.
   *
   * **Errors** rejects with what `send` rejects with, and with {@link MillraceError} `timed-out` where no answer comes: the
   * command may have been carried out, or be so later.
   */
  async to(command: string, send: () => Promise<unknown>): Promise<JobAnswer> {
    this.#following ??= this.#follow()
    await this.#following
    const answer = new Promise<JobAnswer>((resolve, reject) => this.#waiting.set(command, { resolve, reject }))
    // whoever sends may never come to wait for it
    answer.catch(() => undefined)
    const cancel = this.#o.clock.after(patienceMs, () => this.#waiting.get(command)?.reject(this.#silence()), true)
    try {
      await send()
      return await answer
    } finally {
      cancel()
      this.#waiting.delete(command)
    }
  }

  async #follow(): Promise<void> {
    try {
      const records = await this.#o.follow(this.#o.topic)
      this.#read(records).then(
        () =>
          this.#over(new MillraceError(engineFailure('closed', 'the connection was closed before the answer came'))),
        (error: unknown) => this.#over(error),
      )
    } catch (error) {
      this.#following = undefined
      throw error
    }
  }

  async #read(records: AsyncIterable<RawRecord>): Promise<void> {
    for await (const { key, value } of records) {
      const command = text.decode(key)
      const answer = answerCodec.decode(value)
      if (E.isRight(command) && E.isRight(answer)) this.#waiting.get(command.right)?.resolve(answer.right)
    }
  }

  #over(error: unknown): void {
    this.#following = undefined
    for (const { reject } of this.#waiting.values()) reject(error)
  }

  #silence(): MillraceError {
    const seconds = patienceMs / 1_000
    return new MillraceError(
      engineFailure(
        'timed-out',
        `nobody has answered on '${this.#o.topic.name}' for ${seconds} s: the command may be carried out later; ask again, or look with get`,
      ),
    )
  }
}
