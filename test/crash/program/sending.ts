import type { Sent } from '../../../src/millrace/sent.ts'
import type { Written } from '../told.ts'
import { keysOf, latest, plain, scratch, tasks, trimmed } from '../topics.ts'
import type { Stage } from './stage.ts'

const keyed = ({ value }: Written) => ({ key: value.slice(0, value.indexOf(':')), value })

const offsetsOf = (sent: Sent): readonly number[] =>
  Array.from({ length: sent.count }, (_, index) => sent.position(index).offset)

/** How many sends of one actor are under way at a time. */
const underWayMax = 4

/** Sends a few records at a time, to all partitions, some calls side by side. */
export const sending = async (stage: Stage): Promise<void> => {
  const underWay = new Set<Promise<void>>()
  for (let act = 0; act < stage.acts; act++) {
    const records = Array.from({ length: 1 + stage.below(4) }, (): Written => {
      const partition = stage.below(tasks)
      return { topic: plain.name, partition, value: stage.value(stage.pick(keysOf(partition, tasks))) }
    })
    const call = stage
      .perform(
        { kind: 'send', lane: stage.lane, records },
        () => stage.millrace.send(plain, records.map(keyed)),
        offsetsOf,
      )
      .finally(() => underWay.delete(call))
    underWay.add(call)
    if (underWay.size >= underWayMax) await Promise.race(underWay)
    await stage.pause(2)
  }
  await Promise.all(underWay)
}

/** Sends to a compacted topic, to few keys. */
export const replacing = async (stage: Stage): Promise<void> => {
  for (let act = 0; act < stage.acts; act++) {
    const records = Array.from({ length: 1 + stage.below(3) }, (): Written => {
      return { topic: latest.name, partition: 0, value: stage.value(`k${stage.below(5)}`) }
    })
    await stage.perform(
      { kind: 'send', lane: stage.lane, records },
      () => stage.millrace.send(latest, records.map(keyed)),
      offsetsOf,
    )
    await stage.pause(3)
  }
}

/** Sends, and deletes what is old. */
export const trimming = async (stage: Stage): Promise<void> => {
  const lasting: number[] = []
  for (let act = 0; act < stage.acts; act++) {
    const records: readonly Written[] = [{ topic: trimmed.name, partition: 0, value: stage.value('k') }]
    await stage.perform(
      { kind: 'send', lane: stage.lane, records },
      () => stage.millrace.send(trimmed, records.map(keyed)),
      (sent) => {
        const offsets = offsetsOf(sent)
        lasting.push(...offsets)
        return offsets
      },
    )
    const offset = lasting[lasting.length - 5]
    if (offset !== undefined && stage.below(4) === 0) {
      const positions = [{ topic: trimmed.name, partition: 0, offset }]
      await stage.perform({ kind: 'cut', positions }, () => stage.millrace.deleteRecords(...positions))
    }
    await stage.pause(3)
  }
}

/** Makes a topic, writes to it, gives it another partition and deletes it, under the same name again and again. */
export const comingAndGoing = async (stage: Stage): Promise<void> => {
  const { millrace } = stage
  const topic = scratch.name
  const remove = async (): Promise<void> => {
    const there = await millrace.describe(scratch)
    if (there.length > 0) await millrace.delete(scratch)
  }
  const write = async (partition: number): Promise<void> => {
    const records: readonly Written[] = [{ topic, partition, value: stage.value('k') }]
    await stage.perform(
      { kind: 'send', lane: stage.lane, records },
      () => millrace.send(scratch, [{ ...keyed(records[0] as Written), partition }]),
      offsetsOf,
    )
  }
  for (let act = 0; act < stage.acts; act += 4) {
    await stage.perform({ kind: 'delete', topic }, remove)
    await stage.perform({ kind: 'create', topic, partitions: 1 }, () => millrace.create(scratch))
    await write(0)
    await stage.perform({ kind: 'grow', topic, partitions: 2 }, () => millrace.grow(scratch, 2, { keysMayMove: true }))
    await write(0)
    await write(1)
    await stage.pause(10)
  }
}
