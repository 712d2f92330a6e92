import { type Position, partitionName } from '../../../src/contracts/position.ts'
import type { Consumer } from '../../../src/millrace/consumer.ts'
import { copyOf } from '../laws/copies.ts'
import type { Written } from '../told.ts'
import { copies, copying as group, journal, keysOf, ledger, plain, tasks } from '../topics.ts'
import { GivenUp, type Stage } from './stage.ts'

/** One transaction after the other, over several topics and partitions; a quarter is given up. */
export const transacting = async (stage: Stage): Promise<void> => {
  for (let act = 0; act < stage.acts; act++) {
    const records = Array.from({ length: 2 + stage.below(4) }, (_, index): Written => {
      const topic = index === 0 || stage.below(2) === 0 ? ledger.name : journal.name
      const partition = stage.below(topic === ledger.name ? tasks : 2)
      const key = stage.pick(keysOf(partition, topic === ledger.name ? tasks : 2))
      return { topic, partition, value: stage.value(key) }
    })
    const commits = stage.below(4) > 0
    await stage.perform({ kind: 'transaction', lane: stage.lane, records, commits }, () =>
      stage.millrace.transaction(async (tx) => {
        for (const { topic, partition, value } of records)
          await tx.send(topic === ledger.name ? ledger : journal, [
            { key: value.slice(0, value.indexOf(':')), value, partition },
          ])
        await stage.pause(2)
        if (!commits) throw new GivenUp()
      }),
    )
    await stage.pause(3)
  }
}

/** Reads, and writes what it has read with how far it has come, in transactions: a fifth is given up, and done again. */
export const copying = async (stage: Stage): Promise<void> => {
  const { millrace } = stage
  const open = (): Promise<Consumer<string, string>> =>
    millrace.consumer({
      topics: [plain],
      group,
      assign: Array.from({ length: tasks }, (_, partition) => ({ topic: plain.name, partition })),
    })
  let consumer = await open()
  for (let act = 0; act < stage.acts; act++) {
    const before = consumer.positions()
    const polled = await consumer.poll({ timeoutMs: 10, maxBytes: 400 })
    if (polled.length === 0) continue
    const positions = consumer.positions().filter((position) => !before.some((one) => isSame(one, position)))
    const commits = stage.below(5) > 0
    let isUnknown = true
    await stage.perform({ kind: 'copy', positions, commits }, async () => {
      await millrace
        .transaction(async (tx) => {
          for (const record of polled)
            await tx.send(copies, [
              { key: record.key, value: copyOf(record, record.value), partition: record.partition },
            ])
          await tx.commitPosition(consumer)
          if (!commits) throw new GivenUp()
        })
        .catch((error: unknown) => {
          for (const position of before) consumer.seek(position)
          isUnknown = !(error instanceof GivenUp)
          throw error
        })
      isUnknown = false
    })
    if (isUnknown) {
      // it may have happened: only the committed offsets know
      await consumer.close()
      consumer = await open()
    }
    await stage.pause(3)
  }
}

const isSame = (a: Position, b: Position): boolean => a.offset === b.offset && partitionName(a) === partitionName(b)
