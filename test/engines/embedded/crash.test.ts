import { describe, expect, it } from 'vitest'
import type { Engine } from '../../../src/contracts/engine.ts'
import type { Random } from '../../../src/contracts/random.ts'
import type { Storage } from '../../../src/contracts/storage.ts'
import { openEmbedded } from '../../../src/engines/embedded/engine.ts'
import { ok } from '../../conformance/calls.ts'
import { batch, valuesOf } from '../../conformance/records.ts'
import { type Crash, ForgetfulDisk } from '../../support/forgetful-storage.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const topic = 't'
const group = { group: 'g', generation: -1, memberId: '' }
const rounds = 3

const idsFrom = (next: () => number): Random => ({
  next,
  id: () => Uint8Array.from({ length: 16 }, () => Math.floor(next() * 256)),
})

/** What a run was told, up to the crash. */
interface Told {
  /** It was created, and nobody has asked for its end. */
  created: boolean
  readonly acknowledged: string[]
  readonly begun: string[]
  readonly aborted: string[]
  /** Transactions of the holder that also commits offsets, in order. */
  readonly counted: string[]
}

const open = (storage: Storage, durability: 'power' | 'process', random: Random) =>
  openEmbedded({ name: 'f', storage, durability, persistent: true, clock: new VirtualClock(), random })()

/** Two holders and a plain producer, side by side; one holder gives up every other transaction. */
const work = async (engine: Engine, told: Told): Promise<void> => {
  await ok(engine.topics.create({ name: topic, partitions: 2, config: {} }))
  told.created = true
  const holder = (transactionalId: string) => ok(engine.transactions({ transactionalId, timeoutMs: 60_000 }))
  const [a, b, plain] = [await holder('a'), await holder('b'), await ok(engine.producer())]
  const both = (value: string) => [0, 1].map((partition) => batch(topic, partition, [value]))
  for (let round = 0; round < rounds; round++) {
    const [inA, inB, alone] = [`a${round}`, `b${round}`, `p${round}`]
    told.begun.push(inA, inB, alone)
    told.counted.push(inA)
    const counting = async () => {
      await ok(a.append(both(inA)))
      await ok(a.sendOffsets(group, [{ topic, partition: 0, offset: round + 1, metadata: '' }]))
      await ok(a.commit())
      told.acknowledged.push(inA)
    }
    const doubting = async () => {
      await ok(b.append(both(inB)))
      if (round % 2 === 0) {
        told.aborted.push(inB)
        await ok(b.abort())
      } else {
        await ok(b.commit())
        told.acknowledged.push(inB)
      }
    }
    const sending = async () => {
      await ok(plain.append(both(alone)))
      told.acknowledged.push(alone)
    }
    const ended = await Promise.allSettled([counting(), doubting(), sending()])
    for (const one of ended) if (one.status === 'rejected') throw one.reason
  }
  told.created = false
  await ok(engine.topics.delete(topic))
  await ok(engine.close())
}

const verify = async (engine: Engine, told: Told): Promise<void> => {
  const [described] = await ok(engine.topics.describe([topic]))
  if (told.created) expect(described).toBeDefined()
  if (described === undefined) return
  const [first, second] = [await valuesOf(engine, topic, 0), await valuesOf(engine, topic, 1)]
  const seen = new Set([...first, ...second])
  expect([...seen].filter((value) => !told.begun.includes(value) || told.aborted.includes(value))).toEqual([])
  if (told.created) expect([...first, ...second]).toEqual(expect.arrayContaining(told.acknowledged))
  for (const values of [first, second]) expect(values).toEqual([...new Set(values)])
  const transactional = (values: readonly string[]) => values.filter((value) => !value.startsWith('p'))
  expect(transactional(second)).toEqual(transactional(first))
  const [committed] = await ok(engine.groups.committed(group.group))
  expect(committed?.offset ?? 0).toBe(first.filter((value) => told.counted.includes(value)).length)
}

const goOn = async (engine: Engine): Promise<void> => {
  await engine.topics.create({ name: topic, partitions: 2, config: {} })()
  const tx = await ok(engine.transactions({ transactionalId: 'a', timeoutMs: 60_000 }))
  await ok(tx.append([batch(topic, 1, ['after'])]))
  await ok(tx.commit())
  expect((await valuesOf(engine, topic, 1)).at(-1)).toBe('after')
  await ok(engine.close())
}

const crashes: readonly (readonly [Crash, 'power' | 'process'])[] = [
  ['power', 'power'],
  ['kill', 'power'],
  ['kill', 'process'],
]

/** Hundreds of crashes, each with its two openings. */
const timeout = 120_000

describe('an engine that crashes at any write and any sync', () => {
  it.each(crashes)(
    'has whole transactions with their offsets, and all it acknowledged (%s, %s)',
    async (crash, durability) => {
      for (let at = 1, crashed = true; crashed; at++) {
        const disk = new ForgetfulDisk(seededRandom(at))
        disk.crash = crash
        disk.crashAt = disk.operations + at
        const random = idsFrom(seededRandom(1_000 + at))
        const told: Told = { created: false, acknowledged: [], begun: [], aborted: [], counted: [] }
        const engine = await open(disk.storage(), durability, random)
        if (engine._tag === 'Right') await work(engine.right, told).catch(() => undefined)
        crashed = disk.isDead
        const again = await open(disk.restart(), durability, random)
        if (again._tag === 'Left') throw new Error(`crashed at operation ${at}: ${again.left.message}`)
        try {
          await verify(again.right, told)
          await goOn(again.right)
        } catch (error) {
          throw new Error(`crashed at operation ${at}`, { cause: error })
        }
      }
    },
    timeout,
  )
})
