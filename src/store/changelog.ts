import * as E from 'fp-ts/lib/Either.js'
import { CorruptBatchError } from '../batch/corrupt-batch.ts'
import { readRecords } from '../batch/read-records.ts'
import type { Engine, TopicSpec } from '../contracts/engine.ts'
import { MillraceError } from '../contracts/failure.ts'
import { keyText, type StateStore } from '../contracts/state-store.ts'

/** The topic that a pipeline's store is written to: compacted, a partition for each task. */
export const changelogOf = (pipeline: string, store: string, tasks: number): TopicSpec => ({
  name: changelogName(pipeline, store),
  partitions: tasks,
  config: { 'cleanup.policy': 'compact' },
})

export const changelogName = (pipeline: string, store: string): string => `${pipeline}-${store}-changelog`

const fetchBytes = 4 * 1024 * 1024

/**
 * Fills `state` from one partition of a changelog: all that was committed before the call, even where it was not
 * visible yet.
 *
 * **Errors** rejects with {@link MillraceError}, `cancelled` where `signal` aborts, and with `CorruptBatchError`.
 */
export const restore = async (
  engine: Engine,
  at: { readonly topic: string; readonly partition: number },
  state: StateStore,
  signal: AbortSignal,
): Promise<void> => {
  const end = (await answered(engine.reader.settled([at], signal)))[0]?.offset ?? 0
  const start = await answered(engine.reader.offsets([{ ...at, at: 'earliest' }], 'read_committed'))
  let offset = start[0]?.offset ?? 0
  while (offset < end) {
    const request = {
      positions: [{ ...at, offset }],
      isolation: 'read_committed',
      maxBytes: fetchBytes,
      signal,
    } as const
    const [fetched] = await answered(engine.reader.fetch({ ...request, maxWaitMs: 1_000 }))
    if (fetched?.failure !== undefined) throw new MillraceError(fetched.failure)
    for (const batch of fetched?.batches ?? []) replay(batch, offset, state)
    offset = fetched?.nextOffset ?? offset
  }
}

const replay = (batch: Uint8Array, from: number, state: StateStore): void => {
  const read = readRecords(batch, ({ offset, key, value }) => {
    if (offset < from || key === null) return
    state.set(keyText(key), value === null ? undefined : new Uint8Array(value))
  })
  if (E.isLeft(read)) throw new CorruptBatchError(read.left)
}

const answered = async <A>(
  call: () => Promise<E.Either<ConstructorParameters<typeof MillraceError>[0], A>>,
): Promise<A> => {
  const answer = await call()
  if (E.isLeft(answer)) throw new MillraceError(answer.left)
  return answer.right
}
