import * as E from 'fp-ts/lib/Either.js'
import { fromUtf8 } from '../codec/utf-8.ts'
import type { AnyDelayed } from '../contracts/delayed.ts'
import type { Engine } from '../contracts/engine.ts'
import { keyText } from '../contracts/state-store.ts'
import { changelogName } from '../store/changelog.ts'
import { jobStateCodec } from './job-state-codec.ts'
import type { PendingJob } from './jobs.ts'
import { jobsStore } from './mover.ts'
import { readPartition } from './read-partition.ts'

/**
 * The jobs that wait, in no order, from the changelog of what moves them: no task is asked, and no payload is read. Holds what
 * waits of one partition at a time.
 */
export async function* listJobs(engine: Engine, delayed: AnyDelayed): AsyncGenerator<PendingJob, void, undefined> {
  const topic = changelogName(delayed.name, jobsStore.name)
  for (let partition = 0; partition < delayed.partitions; partition++) {
    const pending = new Map<string, PendingJob>()
    for await (const records of readPartition(engine, { topic, partition }))
      for (const { key, value } of records) {
        if (key === null) continue
        const state = value === null ? undefined : jobStateCodec.decode(value)
        if (state !== undefined && E.isRight(state) && state.right._tag === 'pending')
          pending.set(keyText(key), { id: fromUtf8(key), dueMs: state.right.dueMs })
        else pending.delete(keyText(key))
      }
    yield* pending.values()
  }
}
