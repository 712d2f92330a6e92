import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../src/contracts/failure.ts'
import { systemClock } from '../../src/millrace/system.ts'
import type { RedriveOrder } from '../../src/retry/redrive-order.ts'
import { rightOf } from '../support/right-of.ts'
import {
  cameBack,
  type Given,
  givenLetters,
  inTurns,
  Killed,
  killedAt,
  type LettersWorld,
  letterWorld,
  overtakenAt,
  redriveOn,
} from './redrive-world.ts'

/** Which of `given` a redrive is about, by their numbers: in the order of the partitions that they lie in. */
const askedOf = (given: readonly Given[], wanted: (one: Given) => boolean): readonly number[] => {
  const numbered = given.map((one, at) => ({ ...one, at })).filter(wanted)
  return [...numbered.filter(({ key }) => key < 'c'), ...numbered.filter(({ key }) => key >= 'c')].map(({ at }) => at)
}

const inPartitions = (numbers: readonly number[]): readonly (readonly number[])[] =>
  [0, 1, 2].map((partition) => numbers.filter((at) => at % 3 === partition))

const sorted = (partitions: readonly (readonly number[])[]): readonly number[] =>
  partitions.flat().sort((a, b) => a - b)

const filters: fc.Arbitrary<{
  readonly order: Partial<RedriveOrder>
  readonly wanted: (one: Given) => boolean
}> = fc
  .record({ error: fc.constantFrom(undefined, 'TypeError'), redrivesMax: fc.constantFrom(1, 2, 9) })
  .map(({ error, redrivesMax }) => ({
    order: { redrivesMax, filter: error === undefined ? {} : { error } },
    wanted: (one) => (error === undefined || one.error === error) && one.redriven < redrivesMax,
  }))

const moment = fc.constantFrom('before' as const, 'after' as const)

const expectOvertaken = (error: unknown): void => {
  expect(error).toBeInstanceOf(MillraceError)
  expect((error as MillraceError).message).toContain("another redrive of 'charge.dead' has begun")
}

describe('a redrive', () => {
  it('moves each letter that is asked for once, in order, and only those; what it says is what happened', () =>
    fc.assert(
      fc.asyncProperty(givenLetters, filters, async (given, { order, wanted }) => {
        const world = await letterWorld(given)
        const dry = await redriveOn(world.engine, { ...order, isDry: true })
        expect(sorted((await cameBack(world)).partitions)).toEqual([])
        const done = await redriveOn(world.engine, order)
        expect(done).toEqual(dry)
        const asked = askedOf(given, wanted)
        const { partitions, noted } = await cameBack(world)
        expect(partitions).toEqual(inPartitions(asked))
        expect(noted).toHaveLength(asked.length)
        expect(done.moved).toBe(asked.length)
        expect(done.asked).toBe(done.moved + done.pastLimit)
        expect(await redriveOn(world.engine, order)).toMatchObject({ moved: 0, movedBefore: asked.length })
        await world.millrace.close()
      }),
      { numRuns: 30 },
    ))

  it('moves each once, however often it is killed, at whatever call', () =>
    fc.assert(
      fc.asyncProperty(
        givenLetters,
        fc.integer({ min: 1, max: 4 }),
        fc.infiniteStream(fc.tuple(fc.nat(40), moment)),
        async (given, max, kills) => {
          const world = await letterWorld(given)
          for (let lives = 0; lives < 12; lives++) {
            const [at, when] = kills.next().value as [number, 'before' | 'after']
            await redriveOn(killedAt(world.engine, at, when), { max }).catch((error: unknown) => {
              if (!(error instanceof Killed)) throw error
            })
          }
          await redriveOn(world.engine)
          const { partitions, noted } = await cameBack(world)
          expect(partitions).toEqual(inPartitions(askedOf(given, () => true)))
          expect(new Set(noted).size).toBe(given.length)
          expect(noted).toHaveLength(given.length)
          await world.millrace.close()
        },
      ),
      { numRuns: 20 },
    ))

  it('moves each once where another comes and does it all, at whatever call', () =>
    fc.assert(
      fc.asyncProperty(givenLetters, fc.nat(30), moment, async (given, at, when) => {
        const world = await letterWorld(given)
        const other = () => redriveOn(world.engine)
        await redriveOn(overtakenAt(world.engine, { at, when, other })).catch(expectOvertaken)
        const { partitions } = await cameBack(world)
        expect(partitions).toEqual(inPartitions(askedOf(given, () => true)))
        await world.millrace.close()
      }),
      { numRuns: 50 },
    ))

  it('and its double move each once, whoever is faster; who is overtaken says so', () =>
    fc.assert(
      fc.asyncProperty(givenLetters, fc.scheduler(), async (given, scheduler) => {
        const world = await letterWorld(given)
        const both = [0, 1].map(() => redriveOn(inTurns(world.engine, scheduler)))
        const ended = await scheduler.waitFor(Promise.allSettled(both))
        for (const one of ended) if (one.status === 'rejected') expectOvertaken(one.reason)
        expect(ended.some(({ status }) => status === 'fulfilled')).toBe(true)
        const { partitions } = await cameBack(world)
        expect(partitions).toEqual(inPartitions(askedOf(given, () => true)))
        await world.millrace.close()
      }),
      { numRuns: 30 },
    ))
})

describe('the notes of a redrive', () => {
  const given: readonly Given[] = ['a', 'c', 'b', 'd'].map((key) => ({ key, error: 'TypeError', redriven: 0 }))
  const startOfNotes = async ({ engine }: LettersWorld): Promise<number | undefined> => {
    const at = { topic: 'charge.dead.redriven', partition: 0, at: 'earliest' as const }
    return rightOf(await engine.reader.offsets([at], 'read_committed')())[0]?.offset
  }
  const day = 24 * 60 * 60 * 1000

  it('are kept as long as their letters, and for long; then they go, and no letter moves twice', async () => {
    const world = await letterWorld(given)
    await redriveOn(world.engine)
    const again = async (days: number) =>
      redriveOn(world.engine, {}, { ...systemClock, now: () => systemClock.now() + days * day })
    // the letters are there
    expect(await again(400)).toMatchObject({ moved: 0, movedBefore: 4 })
    expect(await startOfNotes(world)).toBe(0)
    // of the first three notes two are of letters that are gone
    await world.millrace.deleteRecords({ topic: 'charge.dead', partition: 0, offset: 2 })
    expect(await again(80)).toMatchObject({ moved: 0, movedBefore: 2 })
    expect(await startOfNotes(world)).toBe(0)
    expect(await again(91)).toMatchObject({ moved: 0, movedBefore: 2 })
    expect(await startOfNotes(world)).toBe(2)
    expect(await again(91)).toMatchObject({ moved: 0, movedBefore: 2 })
    expect((await cameBack(world)).partitions.flat().length).toBe(4)
    await world.millrace.close()
  })
})
