import { topicsOf } from '../codec/delayed.ts'
import type { RawOutput } from '../codec/job-headers.ts'
import type { Clock } from '../contracts/clock.ts'
import type { AnyDelayed, Delayed } from '../contracts/delayed.ts'
import type { Engine } from '../contracts/engine.ts'
import type { Random } from '../contracts/random.ts'
import { settle } from '../contracts/settle.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import { Answers } from '../jobs/answers.ts'
import { countWaiting } from '../jobs/count-waiting.ts'
import { type Jobs, jobsOf } from '../jobs/jobs.ts'
import { listJobs } from '../jobs/list-jobs.ts'
import { Movers } from '../jobs/movers.ts'
import { findPayload } from '../jobs/payload.ts'
import type { RawRecord } from '../jobs/read-command.ts'
import type { Outgoing } from './outgoing.ts'
import type { ReadOptions } from './read.ts'
import type { Sent } from './sent.ts'
import { createTopics } from './topics.ts'

export interface JobsOfficeParts {
  readonly engine: Engine
  readonly clock: Clock
  readonly random: Random
  readonly clientId: string
  readonly send: (topic: AnyTopic, records: readonly Outgoing<unknown, unknown>[]) => Promise<Sent>
  /** Ends, without an error, when the connection is closed. */
  readonly read: (topic: AnyTopic, options: ReadOptions) => AsyncIterable<readonly RawRecord[]>
  readonly warn: (message: string) => void
}

/** What one connection has to do with delayed jobs: what moves them, and what speaks to that. */
export class JobsOffice {
  readonly #o: JobsOfficeParts
  readonly #movers: Movers
  // biome-ignore lint/suspicious/noExplicitAny: of any types; what is asked for by a delayed is of its types
  readonly #jobs = new WeakMap<AnyDelayed, Jobs<any, any, any>>()

  constructor(parts: JobsOfficeParts) {
    const { engine, clock, random, clientId, warn } = parts
    this.#o = parts
    this.#movers = new Movers({
      engine,
      clock,
      random,
      instance: clientId.replaceAll(/[^\w.-]/g, '-').slice(0, maxInstanceCharacters) || 'millrace',
      create: (topics) => createTopics(engine, topics),
      warn,
    })
  }

  /** Sees to it that what a pipeline schedules is moved. */
  readonly prepare = async (delayed: Iterable<AnyDelayed>, instance: string | undefined): Promise<void> => {
    for (const one of delayed) await this.#movers.start(one, instance)
  }

  /** See `Millrace.jobs`. */
  of<K, V, T extends string>(delayed: Delayed<K, V, T>): Jobs<K, V, T> {
    const known = this.#jobs.get(delayed)
    if (known !== undefined) return known
    const { engine, clock, random } = this.#o
    const answers = new Answers({ topic: topicsOf(delayed).answers, clock, follow: this.#follow })
    const mover = () => this.#movers.start(delayed)
    const jobs = jobsOf({
      delayed,
      clock,
      random,
      answers,
      mover,
      waiting: async () => countWaiting(engine, (await mover()).there(), clock.now()),
      send: this.#send,
      payload: async (job) => findPayload(engine, (await mover()).there(), job),
      async *list() {
        await mover()
        yield* listJobs(engine, delayed)
      },
    })
    this.#jobs.set(delayed, jobs)
    return jobs
  }

  /** Topics have grown. */
  look(): Promise<void> {
    return this.#movers.look()
  }

  close(timeoutMs: number): Promise<void> {
    return this.#movers.stop(timeoutMs)
  }

  readonly #send = ({ topic, key, value, headers }: RawOutput): Promise<Sent> =>
    this.#o.send(topic, [{ key, value, headers }])

  /** From where the topic ends now: what is answered later lies behind that. */
  readonly #follow = async (topic: AnyTopic): Promise<AsyncIterable<RawRecord>> => {
    const { engine, read } = this.#o
    const queries = Array.from({ length: topic.partitions }, (_, partition) => ({
      topic: topic.name,
      partition,
      at: 'latest' as const,
    }))
    const ends = await settle(engine.reader.offsets(queries, 'read_committed'))
    const offsets = Object.fromEntries(ends.map(({ partition, offset }) => [partition, offset]))
    return oneByOne(read(topic, { from: { offsets } }))
  }
}

const maxInstanceCharacters = 150

async function* oneByOne<A>(batches: AsyncIterable<readonly A[]>): AsyncGenerator<A, void, undefined> {
  for await (const batch of batches) yield* batch
}
