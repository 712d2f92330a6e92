import { BatchBuilder } from '../../../src/batch/batch-builder.ts'
import type { UnsealedBatch } from '../../../src/contracts/engine.ts'
import { ok } from '../../../src/testing/conformance/calls.ts'
import type { Written } from '../told.ts'
import { journal, keyIn, keysOf, ledger, plain, tasks } from '../topics.ts'
import { GivenUp, type Stage } from './stage.ts'

const utf8 = new TextEncoder()
const noHeaders: ReadonlyMap<string, Uint8Array> = new Map()

const batchOf = (stage: Stage, { topic, partition }: Written, values: readonly string[]): UnsealedBatch => {
  const builder = new BatchBuilder({ compression: 'none' })
  for (const value of values) builder.add(utf8.encode(keyIn(value)), utf8.encode(value), noHeaders, stage.clock.now())
  return { topic, partition, bytes: builder.build() }
}

/** How many appends are under way at a time. */
const underWayMax = 3

/** A producer of its own beside that of the connection: batches to several partitions in a call, calls side by side. */
export const producing = async (stage: Stage): Promise<void> => {
  const producer = await ok(stage.engine.producer())
  const underWay = new Set<Promise<void>>()
  for (let act = 0; act < stage.acts; act++) {
    const records = Array.from({ length: tasks }, (_, partition): Written => {
      return { topic: plain.name, partition, value: stage.value(stage.pick(keysOf(partition, tasks))) }
    }).filter(() => stage.below(3) > 0)
    const batches = records.map((record) => batchOf(stage, record, [record.value]))
    const call = stage
      .perform(
        { kind: 'send', lane: stage.lane, records },
        () => ok(producer.append(batches)),
        (appended) => appended.map(({ offset }) => offset),
      )
      .finally(() => underWay.delete(call))
    underWay.add(call)
    if (underWay.size >= underWayMax) await Promise.race(underWay)
    await stage.pause(3)
  }
  await Promise.all(underWay)
}

/** Transactions whose records are written at once, so that those which are given up lie in the log, marked as aborted. */
export const marking = async (stage: Stage): Promise<void> => {
  const take = () => ok(stage.engine.transactions({ transactionalId: 'by-hand', timeoutMs: 60_000 }))
  let producer = await take()
  for (let act = 0; act < stage.acts; act++) {
    const records = Array.from({ length: 2 + stage.below(3) }, (_, index): Written => {
      const topic = index % 2 === 0 ? ledger.name : journal.name
      const partitions = topic === ledger.name ? tasks : 2
      const partition = stage.below(partitions)
      return { topic, partition, value: stage.value(stage.pick(keysOf(partition, partitions))) }
    })
    const commits = stage.below(3) > 0
    let isOver = false
    await stage.perform({ kind: 'transaction', lane: stage.lane, records, commits }, async () => {
      for (const record of records) await ok(producer.append([batchOf(stage, record, [record.value])]))
      await stage.pause(2)
      await ok(commits ? producer.commit() : producer.abort())
      isOver = true
      if (!commits) throw new GivenUp()
    })
    // what became of it, taking the id anew decides
    if (!isOver) producer = await take()
    await stage.pause(3)
  }
}
