import { partitionName } from '../contracts/position.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import { dueAtOf, markOf, tokenOf, unmarkedHeaders } from '../protocol/retry/headers.ts'
import { UnknownOrigin } from './attempt-errors.ts'
import type { Entry, Known } from './entry.ts'
import { type RawRecord, type Source, sourceOf } from './source.ts'

/** What tells records that come back from others. */
export interface ReturnsSetup {
  readonly pipeline: string
  /** Those that the pipeline reads. */
  readonly topics: readonly AnyTopic[]
  /** The names of its retry topics. */
  readonly tiers: ReadonlySet<string>
  /** Told when what comes back was due, in ms since the epoch; not of what says no time. */
  readonly cameBack: (dueAtMs: number) => void
}

/** Makes of records that come back what they were when they were read first. */
export class Returns {
  readonly #o: ReturnsSetup
  /** Of what has come back, by its partition's name. */
  readonly #origins = new Map<string, Source>()

  constructor(setup: ReturnsSetup) {
    this.#o = setup
  }

  /** Whether what is read from `source` comes back from somewhere else. */
  isReturn(source: Source): boolean {
    return this.#o.tiers.has(source.topic)
  }

  /** Makes `entry`, which lies in a retry topic, what it stands for. One for which that is not known has failed with it. */
  arrived(entry: Entry): void {
    const dueAtMs = dueAtOf(entry.headers)
    if (dueAtMs > 0) this.#o.cameBack(dueAtMs)
    entry.token = tokenOf(entry.headers)
    if (entry.token !== undefined) return
    entry.own = this.known(entry)
    if (entry.own !== undefined) entry.become(entry.own)
  }

  /** The record that `raw` was, by its marks; `undefined` where it has none, or comes from a topic that nobody reads. */
  known(raw: RawRecord): Known | undefined {
    const mark = markOf(raw.headers)
    const source = mark === undefined ? undefined : this.#originOf(mark.origin)
    if (mark === undefined || source === undefined) return undefined
    const { offset, timestamp } = mark.origin
    const { key, value } = raw
    return {
      source,
      raw: { offset, timestamp, key, value, headers: unmarkedHeaders(raw.headers) },
      history: mark.history,
    }
  }

  /** Why `entry`, whose record is not known, cannot run. */
  fault({ at, offset, headers }: Entry): UnknownOrigin {
    return new UnknownOrigin(this.#o.pipeline, at.prefix + offset, markOf(headers)?.origin.topic)
  }

  #originOf(at: { readonly topic: string; readonly partition: number }): Source | undefined {
    const name = partitionName(at)
    let source = this.#origins.get(name)
    if (source !== undefined) return source
    const topic = this.#o.topics.find((one) => one.name === at.topic)
    if (topic === undefined) return undefined
    source = sourceOf(topic, at.partition)
    this.#origins.set(name, source)
    return source
  }
}
