import * as E from 'fp-ts/lib/Either.js'
import { CorruptBatchError } from '../batch/corrupt-batch.ts'
import { readRecords } from '../batch/read-records.ts'
import { lastOffsetOf } from '../batch/record-batch.ts'
import type { Call, Engine, Fetched, FetchRequest, TopicSpec } from '../contracts/engine.ts'
import type { TopicPartition } from '../contracts/position.ts'
import { settle } from '../contracts/settle.ts'
import type { StateChange, StateStore } from '../contracts/state-store.ts'
import { expiryIn } from './changelog-record.ts'
import { keyHash } from './key-hash.ts'

/** Only closed segments are compacted: what a restore reads twice is bounded by the open one. */
const segmentBytes = 64 * 1024 * 1024

/** The topic that a pipeline's store is written to: compacted, a partition for each task. */
export const changelogOf = (pipeline: string, store: string, tasks: number): TopicSpec => ({
  name: changelogName(pipeline, store),
  partitions: tasks,
  config: { 'cleanup.policy': 'compact', 'segment.bytes': segmentBytes },
})

const separator = '--'
const ending = '-changelog'

/** Leaves room for a store's name in the name of its changelog, which takes 249 characters. */
export const maxPipelineNameCharacters = 130

/**
 * Whether `name` may name a pipeline: it becomes part of topics' names. The first `--` of such a name is where the
 * pipeline's ends, so that no two pipelines share a changelog.
 */
export const isPipelineName = (name: string): boolean =>
  /^[\w.-]+$/.test(name) && name.length <= maxPipelineNameCharacters && !name.includes(separator) && !name.endsWith('-')

/** A pipeline and one of its stores by the name of their topic: another for any two others. */
export const changelogName = (pipeline: string, store: string): string => `${pipeline}${separator}${store}${ending}`

/** The pipeline whose changelog has this name; undefined where it is no changelog's. */
export const ownerOfChangelog = (topic: string): string | undefined => {
  const at = topic.indexOf(separator)
  return at > 0 && topic.endsWith(ending) ? topic.slice(0, at) : undefined
}

const fetchBytes = 1024 * 1024

/** Makes a call, and again where that may help; `what` it is for, in words. */
export type Ask = <A>(what: string, call: () => Call<A>) => Promise<A>

interface Changelog {
  readonly engine: Engine
  readonly at: TopicPartition
  readonly signal: AbortSignal
  /** Once where nothing is said. */
  readonly ask?: Ask | undefined
}

const askOnce: Ask = (_what, call) => settle(call())

/**
 * Where one partition of a changelog begins and ends: all that was committed before the call lies between, even where it was not
 * visible yet.
 */
export const changelogEnds = async ({
  engine,
  at,
  signal,
  ask = askOnce,
}: Changelog): Promise<{ readonly start: number; readonly end: number }> => {
  const settled = await ask('asking where a changelog ends', () => engine.reader.settled([at], signal))
  const start = await ask('asking where a changelog begins', () =>
    engine.reader.offsets([{ ...at, at: 'earliest' }], 'read_committed'),
  )
  return { start: start[0]?.offset ?? 0, end: settled[0]?.offset ?? 0 }
}

/** What to restore, and from where. */
export interface RestoreOptions extends Changelog {
  readonly state: StateStore
  /** All before it is in the state; the changelog's beginning where nothing is said. */
  readonly from?: number
  /** Its end, where that is known. */
  readonly end?: number
  /** Called after each step, with where it is and what the step has read; may throw, and wait. */
  readonly passed?: (
    offset: number,
    read: { readonly records: number; readonly bytes: number },
  ) => Promise<void> | undefined
}

/**
 * Fills a state from one partition of a changelog: all that was committed before the call, even where it was not visible yet.
 * Answers where the changelog ended.
 *
 * **Errors** rejects with `MillraceError`, `cancelled` where `signal` aborts, with `CorruptBatchError`, and with what
 * `passed` throws.
 */
export const restore = async (o: RestoreOptions): Promise<number> => {
  const { engine, at, state, signal, ask = askOnce } = o
  const ends = o.end === undefined ? await changelogEnds(o) : { start: 0, end: o.end }
  let offset = Math.max(o.from ?? 0, ends.start)
  while (offset < ends.end) {
    const request = {
      positions: [{ ...at, offset }],
      isolation: 'read_committed',
      maxBytes: fetchBytes,
      signal,
    } as const
    const fetched = await ask('reading a changelog', () => fetchOne(engine, { ...request, maxWaitMs: 1_000 }))
    for (const batch of fetched?.batches ?? []) {
      const changes = changesIn(batch, offset)
      await state.commit(changes, lastOffsetOf(batch) + 1)
      await o.passed?.(lastOffsetOf(batch) + 1, { records: changes.length, bytes: batch.length })
    }
    offset = fetched?.nextOffset ?? offset
  }
  await state.commit([], offset)
  return offset
}

/** What the one partition that is asked for had; that it could not be read is a failure of the call. */
const fetchOne =
  (engine: Engine, request: FetchRequest): Call<Fetched | undefined> =>
  async () => {
    const answer = await engine.reader.fetch(request)()
    if (E.isLeft(answer)) return answer
    const [fetched] = answer.right
    return fetched?.failure === undefined ? E.right(fetched) : E.left(fetched.failure)
  }

/** The changes in a batch of a changelog from `from` on. They lie in the batch. */
const changesIn = (batch: Uint8Array, from: number): readonly StateChange[] => {
  const changes: StateChange[] = []
  const read = readRecords(batch, ({ offset, key, value, headers }) => {
    if (offset < from || key === null) return
    changes.push({ key, hash: keyHash(key), value: value ?? undefined, expiresAt: expiryIn(headers) })
  })
  if (E.isLeft(read)) throw new CorruptBatchError(read.left)
  return changes
}
