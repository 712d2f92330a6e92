import { bytes } from '../codec/bytes.ts'
import { nullable } from '../codec/nullable.ts'
import { partitionName } from '../contracts/position.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import { dueAtOf, markOf, tokenOf, unmarkedHeaders } from '../protocol/retry/headers.ts'
import { UnknownOrigin } from './attempt-errors.ts'
import type { Entry, Known } from './entry.ts'
import { type RawRecord, type Source, sourceOf } from './source.ts'

/** Of a topic that is not read, nobody knows more. */
const field = nullable(bytes)

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
  /** Those of them that the pipeline does not read. */
  readonly #unread = new Set<Source>()

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

  /** The record that `raw` was, by its marks; `undefined` where it has none. */
  known(raw: RawRecord): Known | undefined {
    const mark = markOf(raw.headers)
    if (mark === undefined) return undefined
    const source = this.#originOf(mark.origin)
    const { offset, timestamp } = mark.origin
    const { key, value } = raw
    return {
      source,
      raw: { offset, timestamp, key, value, headers: unmarkedHeaders(raw.headers) },
      history: mark.history,
    }
  }

  /** Why the record that `entry` is cannot run, where it does not say what it was, or was read from a topic that is read no more. */
  fault({ source, id }: Entry): UnknownOrigin | undefined {
    if (this.isReturn(source)) return new UnknownOrigin(this.#o.pipeline, id, undefined)
    return this.#unread.has(source) ? new UnknownOrigin(this.#o.pipeline, id, source.topic) : undefined
  }

  #originOf(at: { readonly topic: string; readonly partition: number }): Source {
    const name = partitionName(at)
    const known = this.#origins.get(name)
    if (known !== undefined) return known
    const topic = this.#o.topics.find((one) => one.name === at.topic)
    const unread = { name: at.topic, key: field, value: field, partitions: 1, config: {} }
    const source = sourceOf(topic ?? unread, at.partition)
    this.#origins.set(name, source)
    if (topic === undefined) this.#unread.add(source)
    return source
  }
}
