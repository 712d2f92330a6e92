import * as E from 'fp-ts/lib/Either.js'
import { readControlRecord } from '../../../batch/control-batch.ts'
import { readRecords } from '../../../batch/read-records.ts'
import { isControl, isTransactional, producerIdOf } from '../../../batch/record-batch.ts'
import type { EngineFailure } from '../../../contracts/failure.ts'
import { admitAppend } from '../../../protocol/broker/replica-produce.ts'
import { internalBatch } from '../../internal-batch.ts'
import type { Process } from '../world/process.ts'
import type { World } from '../world/world.ts'
import type { HostedReplica } from './hosted-replica.ts'
import type { LedLog, Replayed } from './led-log.ts'

/** As Kafka's offsets.commit.timeout.ms. */
const appendTimeoutMs = 5_000

/** A hosted partition as its coordinator uses it, for as long as this broker leads it under one epoch. */
export const ledLog = (hosted: HostedReplica, world: World, process: Process, nowMs: () => number): LedLog => ({
  leaderEpoch: hosted.leaderEpoch,
  replay: (visit) => {
    for (const batch of hosted.log.readAll()) replayBatch(batch, visit)
  },
  append: (records, producer, settled) => {
    const admitted = admitAppend(hosted.replica, -1)
    if (E.isLeft(admitted)) return admitted
    const bytes = internalBatch(records, producer, nowMs())
    const later = (failure: EngineFailure | undefined) =>
      world.after(process, 0, 'log of a coordinator', () => settled(failure))
    return E.right(hosted.append(bytes, { acks: -1, timeoutMs: appendTimeoutMs }, later))
  },
})

const replayBatch = (batch: Uint8Array, visit: (replayed: Replayed) => void): void => {
  const producerId = isTransactional(batch) ? producerIdOf(batch) : -1
  if (isControl(batch)) {
    const control = readControlRecord(batch)
    if (E.isLeft(control) || control.right.type === 'other') return
    return visit({ _tag: 'end', producerId, commit: control.right.type === 'commit' })
  }
  const read = readRecords(batch, ({ key, value, offset }) => {
    if (key !== null) visit({ _tag: 'record', key, value, offset, producerId })
  })
  if (E.isLeft(read)) throw new Error(`broken invariant: a batch of the cluster's own is corrupt: ${read.left.reason}`)
}
