import * as fc from 'fast-check'
import {
  concatMap,
  EMPTY,
  from,
  lastValueFrom,
  map,
  NEVER,
  Observable,
  type OperatorFunction,
  of,
  Subject,
  throwError,
  toArray,
} from 'rxjs'
import { expect, it } from 'vitest'
import { Probe } from '../../src/contracts/probe.ts'
import { type StreamRecord, task } from '../../src/contracts/stream-record.ts'
import { GatheringCarrier } from './gathering-carrier.ts'
import { marbles } from './marbles.ts'
import { partitionOf, recordOf } from './records.ts'

/** An operator over records whose values are small whole numbers, of which it makes one each of the odd ones. */
export interface OperatorLaws {
  /** Made anew for each use. `hook` is called with each value the operator's callback gets, and may throw. */
  readonly make: (hook: (value: number) => void) => OperatorFunction<StreamRecord<string, number>, unknown>
  /** Whether the probe shall find it working record by record. */
  readonly recordwise: boolean
  /** Whether it answers in the same turn. Only then can marbles be told about it. */
  readonly synchronous: boolean
  /** Whether it has a callback that is given each value, and so may throw. */
  readonly callback: boolean
  /** What it may change of the records it passes on. Everything else must stay. */
  readonly changes: readonly (keyof StreamRecord<string, number> | 'everything')[]
}

/** The same records with carriers of their own, so that what was written with them before is not in the way. */
const anew = (records: readonly StreamRecord<string, number>[]): readonly StreamRecord<string, number>[] =>
  records.map((record) => ({ ...record, [task]: new GatheringCarrier() }))

type Operator = OperatorFunction<StreamRecord<string, number>, unknown>
const nothing = (): void => undefined
const collect = (source: Observable<unknown>): Promise<unknown[]> => lastValueFrom(source.pipe(toArray()))
const numbers = partitionOf(fc.integer({ min: 0, max: 9 }))
const runs = { numRuns: 50 }

/** The laws that every operator obeys, whatever it does. */
export const obeysOperatorLaws = ({ make, recordwise, synchronous, callback, changes }: OperatorLaws): void => {
  const operator = (): Operator => make(nothing)

  it('completes on nothing, passes on an error, and waits for ever on what never comes', async () => {
    expect(await collect(EMPTY.pipe(operator()))).toEqual([])
    await expect(collect(throwError(() => new Error('source')).pipe(operator()))).rejects.toThrow('source')
    const seen: unknown[] = []
    NEVER.pipe(operator())
      .subscribe({ next: (x) => seen.push(x), complete: () => seen.push('complete') })
      .unsubscribe()
    expect(seen).toEqual([])
  })

  it('does the same on a stream of many as on streams of one, whatever the records', () =>
    fc.assert(
      fc.asyncProperty(numbers, async (records) => {
        const together = await collect(from(anew(records)).pipe(operator()))
        const alone = await collect(from(anew(records)).pipe(concatMap((record) => of(record).pipe(operator()))))
        expect(together).toEqual(alone)
      }),
      runs,
    ))

  it('keeps all of a record that it has no business with: what a user has added, and its task, too', () =>
    fc.assert(
      fc.asyncProperty(numbers, async (records) => {
        if (changes.includes('everything')) return
        const added = records.map((record) => ({ ...record, added: record.offset }))
        for (const out of await collect(from(added).pipe(operator()))) {
          const got = out as (typeof added)[number]
          const record = added[got.added]
          expect(record).toBeDefined()
          const kept = Reflect.ownKeys(record ?? {}).filter((key) => !(changes as unknown[]).includes(key))
          for (const key of kept) expect(Reflect.get(got, key)).toBe(Reflect.get(record ?? {}, key))
          expect(got[task]).toBe(record?.[task])
        }
      }),
      runs,
    ))

  it('leaves the records it is given as they were', () =>
    fc.assert(
      fc.asyncProperty(numbers, async (records) => {
        const frozen = records.map((record) => Object.freeze({ ...record }))
        await collect(from(frozen).pipe(operator()))
      }),
      runs,
    ))

  it('lets go of its source when it is let go of, and starts anew for each subscriber', () => {
    let subscriptions = 0
    const source = new Observable<StreamRecord<string, number>>((subscriber) => {
      subscriptions += 1
      subscriber.next(recordOf(1))
      return () => {
        subscriptions -= 1
      }
    })
    const out = source.pipe(operator())
    const [one, other] = [out.subscribe(), out.subscribe()]
    expect(subscriptions).toBe(2)
    one.unsubscribe()
    other.unsubscribe()
    expect(subscriptions).toBe(0)
  })

  it(`is ${recordwise ? '' : 'not '}found working record by record`, () => {
    expect(Probe.apply(new Subject<StreamRecord<string, number>>(), operator()).recordwise).toBe(recordwise)
  })

  if (callback)
    it('fails with what its callback throws, at that record and not before', async () => {
      const thrown = new Error('callback')
      const failing = make((value) => {
        if (value === 2) throw thrown
      })
      const errors: unknown[] = []
      await new Promise<void>((resolve) =>
        from([recordOf(1), recordOf(2), recordOf(3)])
          .pipe(failing)
          .subscribe({ error: (error) => resolve(void errors.push(error)), complete: resolve }),
      )
      expect(errors).toEqual([thrown])
      expect(await collect(from([recordOf(1), recordOf(3)]).pipe(failing))).toBeDefined()
    })

  if (synchronous)
    it('adds no delay', () =>
      marbles(({ hot, expectObservable, expectSubscriptions }) => {
        const source = hot<StreamRecord<string, number>>('--a-b-#', { a: recordOf(1), b: recordOf(3) })
        expectObservable(
          source.pipe(
            operator(),
            map(() => 'x'),
          ),
        ).toBe('--x-x-#')
        expectSubscriptions(source.subscriptions).toBe('^-----!')
      }))
}
