import * as E from 'fp-ts/lib/Either.js'
import { CorruptBatchError } from '../batch/corrupt-batch.ts'
import { readRecords } from '../batch/read-records.ts'
import type { Engine, TopicSpec } from '../contracts/engine.ts'
import { MillraceError } from '../contracts/failure.ts'
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

/** What to restore, and from where. */
export interface RestoreOptions {
  readonly engine: Engine
  readonly at: { readonly topic: string; readonly partition: number }
  readonly state: StateStore
  readonly signal: AbortSignal
  /** All before it is in the state; the changelog's beginning where nothing is said. */
  readonly from?: number
  /** Called after each step, with where it is and where it goes; may throw, and wait. */
  readonly passed?: (position: number, end: number) => Promise<void> | undefined
}

/**
 * Fills a state from one partition of a changelog: all that was committed before the call, even where it was not visible yet.
 * Answers where the changelog ended.
 *
 * **Errors** rejects with {@link MillraceError}, `cancelled` where `signal` aborts, with `CorruptBatchError`, and with what
 * `passed` throws.
 */
export const restore = async (o: RestoreOptions): Promise<number> => {
  const { engine, at, state, signal } = o
  const end = (await settle(engine.reader.settled([at], signal)))[0]?.offset ?? 0
  const start = await settle(engine.reader.offsets([{ ...at, at: 'earliest' }], 'read_committed'))
  let offset = Math.max(o.from ?? 0, start[0]?.offset ?? 0)
  while (offset < end) {
    const request = {
      positions: [{ ...at, offset }],
      isolation: 'read_committed',
      maxBytes: fetchBytes,
      signal,
    } as const
    const [fetched] = await settle(engine.reader.fetch({ ...request, maxWaitMs: 1_000 }))
    if (fetched?.failure !== undefined) throw new MillraceError(fetched.failure)
    for (const batch of fetched?.batches ?? []) await state.commit(changesIn(batch, offset), offset)
    offset = fetched?.nextOffset ?? offset
    await o.passed?.(offset, end)
  }
  await state.commit([], offset)
  return offset
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
