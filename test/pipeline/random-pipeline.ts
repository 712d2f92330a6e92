import * as fc from 'fast-check'
import {
  bufferCount,
  concatMap,
  distinctUntilChanged,
  filter,
  from,
  map,
  mergeMap,
  Observable,
  type OperatorFunction,
  of,
  scan,
  share,
  take,
  toArray,
} from 'rxjs'
import { filterValue } from '../../operators/filter-value.ts'
import { flatMapValue } from '../../operators/flat-map-value.ts'
import { mapValue } from '../../operators/map-value.ts'
import { perRecord } from '../../operators/per-record.ts'
import { scanByKey } from '../../operators/scan-by-key.ts'
import { to } from '../../operators/to.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { store } from '../../src/codec/store.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Clock } from '../../src/contracts/clock.ts'
import type { StreamRecord } from '../../src/contracts/stream-record.ts'
import type { Topic } from '../../src/contracts/topic.ts'

export type R = StreamRecord<string, number>
type Op = OperatorFunction<R, R>

/** Where `spend` is known, work takes time. */
export type TestClock = Clock & { readonly spend?: (ms: number) => void }

/** What is outside of the pipeline: services that fail for a while, whose failures outlive an attempt and a crash. */
export class World {
  /** Where nothing fails. */
  static readonly calm: World = new World(0)
  readonly #failures: number
  readonly #tries = new Map<string, number>()
  constructor(failures = 2) {
    this.#failures = failures
  }
  call(id: string, salt: number): void {
    const tries = this.#tries.get(id) ?? 0
    this.#tries.set(id, tries + 1)
    if (tries < Math.min(this.#failures, (id.length + salt + id.charCodeAt(id.length - 1)) % 3)) throw new Error('busy')
  }
}

export const ins: readonly [Topic<string, number>, Topic<string, number>] = [
  topic('in', { key: text, value: int32 }),
  topic('in2', { key: text, value: int32 }),
]
export const a: Topic<string, number> = topic('a', { key: text, value: int32 })
export const b: Topic<string, number> = topic('b', { key: text, value: int32 })
/** Written behind the asynchronous work at the end, where order within a record is the work's. */
export const late: Topic<string, number> = topic('late', { key: text, value: int32 })
const totals = store('totals', { key: text, value: int32 })
const counts = store('counts', { key: text, value: int32 })

/** One operator, as data. */
export type Piece = readonly [kind: Kind, n: number]

/** Tagged ones first, then RxJS's own with all that they remember. */
type Kind =
  | 'add'
  | 'keep'
  | 'twice'
  | 'toA'
  | 'toB'
  | 'total'
  | 'count'
  | 'fails'
  | 'flaky'
  | 'slow'
  | 'lifted'
  | 'rxMap'
  | 'rxFilter'
  | 'takeOne'
  | 'running'
  | 'pairs'
  | 'all'
  | 'shared'

const changed = (r: R, value: number): R => ({ ...r, value: value | 0 })

const pieces: Readonly<Record<Kind, (n: number, world: World, clock?: TestClock) => Op>> = {
  add: (n) => mapValue((v) => (v + n) | 0),
  keep: (n) => filterValue((v) => (v + n) % 3 !== 0),
  twice: (n) => flatMapValue((v) => [v, (v * 31 + n) | 0]),
  toA: () => to(a),
  toB: () => to(b),
  total: () => scanByKey(totals, 0, (sum, v) => (sum + v) | 0),
  count: () => scanByKey(counts, 0, (n) => n + 1),
  fails: (n) =>
    mapValue((v, r) => {
      if (r.offset % 5 === n % 5) throw new Error(`no ${r.id}`)
      return v
    }),
  flaky: (n, world) =>
    mapValue((v, r) => {
      world.call(`${r.id}/${n}`, n)
      return v
    }),
  slow: (n, _world, clock) =>
    mapValue((v, r) => {
      if ((r.offset + n) % 3 === 0) clock?.spend?.(4)
      return v
    }),
  lifted: (n) => perRecord(map((r: R) => changed(r, r.value - n))),
  rxMap: (n) => map((r) => changed(r, r.value ^ n)),
  rxFilter: (n) => filter((r) => (r.value ^ n) % 4 !== 1),
  takeOne: () => take(1),
  running: () => scan((sum: R, r: R) => changed(r, sum.value + r.value)),
  pairs: () => (source) =>
    source.pipe(
      bufferCount(2),
      concatMap((rs) => from(rs)),
      distinctUntilChanged((x, y) => x.value === y.value),
    ),
  all: () => (source) =>
    source.pipe(
      toArray(),
      mergeMap((rs) => from(rs.reverse())),
    ),
  shared: () => share(),
}

const taggedKinds: readonly Kind[] = [
  'add',
  'keep',
  'twice',
  'toA',
  'toB',
  'total',
  'count',
  'fails',
  'flaky',
  'slow',
  'lifted',
]

/** Asynchronous ones: how long each takes is drawn from the record and `salt`, so that another run is another order. */
const later = (clock: Clock, salt: number): Op =>
  concatMap((r) => {
    const ms = (r.offset * 7 + salt * 13 + r.value) & 7
    if (ms === 0) return from(Promise.resolve(r))
    return new Observable<R>((subscriber) =>
      clock.after(ms, () => {
        subscriber.next(r)
        subscriber.complete()
      }),
    )
  })

/** Asynchronous for some records, and at once for the others. */
const sometimes = (clock: Clock, salt: number): Op =>
  concatMap((r) => ((r.offset + r.value + salt) % 3 === 0 ? of(r).pipe(later(clock, salt)) : of(r)))

export const operatorsOf = (list: readonly Piece[], world: World, clock?: TestClock): Op[] =>
  list.map(([kind, n]) => pieces[kind](n, world, clock))

/** What has been written, and kept, when the rest begins. */
const early: readonly Piece[] = [
  ['toB', 0],
  ['total', 0],
  ['toB', 0],
]

/** The same behind {@link early}, with work before and after it that is asynchronous for some records. */
export const mixedOperatorsOf = (list: readonly Piece[], clock: TestClock, salt: number, world: World): Op[] => [
  ...operatorsOf(early, world, clock),
  sometimes(clock, salt),
  ...operatorsOf(list, world, clock),
  sometimes(clock, salt + 1),
  to(late),
]

/** What {@link mixedOperatorsOf} comes to. */
export const mixedAtOnce = (list: readonly Piece[], world: World): Op[] => [
  ...operatorsOf([...early, ...list], world),
  to(late),
]

/** The same with asynchronous work at its beginning and end. */
export const asyncOperatorsOf = (list: readonly Piece[], clock: TestClock, salt: number, world: World): Op[] => [
  later(clock, salt),
  ...operatorsOf(list, world, clock),
  later(clock, salt + 5),
  to(late),
]

const piece = (kinds: readonly Kind[]): fc.Arbitrary<Piece> =>
  fc.tuple(fc.constantFrom(...kinds), fc.integer({ min: 0, max: 9 }))

/** Anything goes, ending in an output; what fails is in the hands of the test. */
export const anyPieces: fc.Arbitrary<readonly Piece[]> = fc
  .array(piece(Object.keys(pieces) as Kind[]), { maxLength: 5 })
  .map((list) => [...list, ['toA', 0]])

/** Only what is tagged. */
export const taggedPieces: fc.Arbitrary<readonly Piece[]> = fc
  .array(piece(taggedKinds), { maxLength: 5 })
  .map((list) => [...list, ['toA', 0]])

/** Keys of few letters and small values, from two topics. */
export const inputs: fc.Arbitrary<readonly { readonly in2: boolean; readonly key: string; readonly value: number }[]> =
  fc.array(
    fc.record({ in2: fc.boolean(), key: fc.constantFrom('k', 'l', 'm', 'n'), value: fc.integer({ min: 0, max: 50 }) }),
    { minLength: 1, maxLength: 24 },
  )
