import * as E from 'fp-ts/lib/Either.js'
import { expect } from 'vitest'
import type { Storage } from '../../src/contracts/storage.ts'
import type { Durability } from '../../src/log/checkpoint-record.ts'
import type { PartitionDefinition } from '../../src/log/log-options.ts'
import { Logs } from '../../src/log/logs.ts'
import type { PartitionLog } from '../../src/log/partition-log.ts'
import { batchOf, recordsIn } from './batches.ts'
import { type ManualClock, manualClock } from './manual-clock.ts'
import { idOf } from './topic-ids.ts'

/** What a run has staged, in order. */
type Entry =
  | {
      readonly _tag: 'data'
      readonly log: string
      readonly baseOffset: number
      readonly records: readonly { readonly key: string; readonly value: string | null }[]
      readonly producerId: number
      readonly epoch: number
      readonly baseSequence: number
      readonly transactional: boolean
    }
  | { readonly _tag: 'marker'; readonly log: string; readonly baseOffset: number; readonly commit: boolean }
  | { readonly _tag: 'start'; readonly log: string; readonly offset: number }
  | { readonly _tag: 'created'; readonly log: string }

type Step = 'plain' | 'transactional' | 'end' | 'commit' | 'race' | 'delete' | 'maintain' | 'round' | 'recreate'
/** How often each step is taken, of all. */
export type Mix = Readonly<Partial<Record<Step, number>>>

const everything: Mix = {
  plain: 16,
  transactional: 8,
  end: 4,
  commit: 8,
  race: 1,
  delete: 1,
  maintain: 2,
  recreate: 2,
}

const plain = 1
const transactional = 2

const small = { 'segment.bytes': 700, 'index.interval.bytes': 100 }
const lasting: readonly PartitionDefinition[] = [
  { topic: 'a', partition: 0, topicId: idOf('a'), config: { ...small, 'retention.bytes': 4000 } },
  { topic: 'a', partition: 1, topicId: idOf('a'), config: small },
  {
    topic: 'c',
    partition: 0,
    topicId: idOf('c'),
    config: { ...small, 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': 0.01, 'delete.retention.ms': 20 },
  },
]

const must = <A>(either: E.Either<unknown, A>): A => {
  if (E.isLeft(either)) throw new Error(`refused: ${JSON.stringify(either.left)}`)
  return either.right
}

const keyOf = ({ topicId, partition }: { topicId: string; partition: number }) => `${topicId}/${partition}`

export interface LogRunOptions {
  readonly random: () => number
  readonly durability: Durability
  readonly journalBytes?: number
  readonly mix?: Mix
  /** Those of its lasting topics that it has; all where nothing is said. */
  readonly topics?: readonly string[]
}

/**
 * A program that writes to several partitions, and the model of what it has written: plain and transactional
 * producers, markers, deletion, retention, compaction, and a topic that comes and goes. After a crash it checks that
 * what is left is a prefix of what was staged, has all that was acknowledged, and goes on from there.
 */
export class LogRun {
  staged: Entry[] = []
  acknowledged = 0
  definitions: PartitionDefinition[]
  logs: Logs | undefined
  readonly clock: ManualClock = manualClock()
  readonly #options: LogRunOptions
  readonly #random: () => number
  readonly #lasting: readonly PartitionDefinition[]
  readonly #durability: Durability
  readonly #journalBytes: number
  readonly #steps: readonly Step[]
  #epoch = 0
  /** Up to where each partition could be read before the crash. */
  readonly #seen = new Map<string, number>()
  /** A transaction was left in the middle of its markers. */
  #isEnding = false
  #values = 0
  #topics = 0

  constructor(options: LogRunOptions) {
    this.#options = options
    this.#random = options.random
    this.#durability = options.durability
    this.#journalBytes = options.journalBytes ?? 24 * 1024
    this.#lasting = lasting.filter(({ topic }) => options.topics?.includes(topic) ?? true)
    this.definitions = [...this.#lasting]
    const mix = Object.entries(options.mix ?? everything) as [Step, number][]
    this.#steps = mix.flatMap(([step, weight]) => Array.from({ length: weight }, () => step))
  }

  /** What is known at this moment, for another to go on with after a crash that came now; it is not open. */
  fork(random: () => number): LogRun {
    const fork = new LogRun({ ...this.#options, random })
    fork.staged = [...this.staged]
    fork.acknowledged = this.acknowledged
    fork.definitions = this.definitions
    fork.clock.ms = this.clock.ms
    fork.#epoch = this.#epoch
    fork.#isEnding = this.#isEnding
    fork.#values = this.#values
    fork.#topics = this.#topics
    for (const [key, seen] of this.#seen) fork.#seen.set(key, seen)
    fork.#look(this.logs)
    return fork
  }

  #look(logs: Logs | undefined): void {
    for (const log of logs?.all ?? []) this.#seen.set(keyOf(log), log.highWatermark)
  }

  /** Whether it could be opened: a crash may come between. */
  async open(storage: Storage): Promise<boolean> {
    this.#look(this.logs)
    const opened = await Logs.open({
      storage,
      durability: this.#durability,
      partitions: this.definitions,
      clock: this.clock,
      journalBytes: this.#journalBytes,
      checkpointBytes: 6000,
    })
    if (E.isLeft(opened) && opened.left.code !== 'storage-failed') throw new Error(opened.left.message)
    this.logs = E.isRight(opened) ? opened.right : undefined
    return E.isRight(opened)
  }

  /** Goes on until nothing can be written any more, or `steps` are done. */
  async run(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      this.clock.ms += this.#below(10)
      if (!(await this.#step())) return
    }
    await this.commit()
  }

  async commit(): Promise<boolean> {
    const count = this.staged.length
    const answer = await this.#open.commit()
    if (E.isRight(answer)) this.acknowledged = Math.max(count, this.acknowledged)
    return E.isRight(answer)
  }

  /** Checks what a reopening has found, and takes it for what there is. */
  verify(): void {
    const found = this.#prefix()
    for (const log of this.#open.all) {
      const seen = this.#seen.get(keyOf(log)) ?? 0
      expect(log.endOffset, `${log.name} was readable up to ${seen}`).toBeGreaterThanOrEqual(seen)
    }
    this.staged = this.staged.slice(0, found)
    this.acknowledged = found
    this.#isEnding = true
    for (const log of this.#open.all) this.#verifyLog(log)
  }

  /** What is applied can be read, whatever else is wrong. */
  verifyReadable(): void {
    for (const log of this.#open.all) {
      const model = new Map(this.#modelOf(keyOf(log)).records.map((record) => [record.offset, record.value]))
      for (const { offset, value } of readAll(log, 'read_uncommitted')) expect(value).toBe(model.get(offset))
    }
  }

  get #open(): Logs {
    if (this.logs === undefined) throw new Error('not open')
    return this.logs
  }

  async #step(): Promise<boolean> {
    const log = this.#pick([...this.#open.all])
    const steps: Readonly<Record<Step, () => boolean | Promise<boolean>>> = {
      plain: () => this.#stage(log, plain),
      transactional: () => this.#stage(log, transactional),
      end: () => this.#endTransaction(),
      commit: () => this.commit(),
      race: () => {
        void this.commit()
        return true
      },
      delete: () => this.#start(log, () => log.deleteBefore(this.#below(log.highWatermark + 1))),
      maintain: () => this.#maintain(log),
      round: () => this.#round(),
      recreate: () => this.#recreate(),
    }
    return steps[this.#pick(this.#steps)]()
  }

  #stage(log: PartitionLog, producerId: number): boolean {
    if (this.#isEnding && !this.#endTransaction()) return false
    const records = Array.from({ length: 1 + this.#below(3) }, () => ({
      key: `k${this.#below(5)}`,
      value: this.#below(8) === 0 ? null : `v${this.#values++}${'.'.repeat(this.#below(120))}`,
    }))
    const key = keyOf(log)
    const epoch = producerId === plain ? 0 : this.#epoch
    const entry = {
      _tag: 'data',
      log: key,
      records,
      producerId,
      epoch,
      transactional: producerId === transactional,
      baseSequence: this.#nextSequence(key, producerId, epoch),
    } as const
    const answer = log.stage(bytesOf(entry), 'client', this.clock.ms)
    if (E.isLeft(answer)) return this.#ends(answer.left.code)
    expect(answer.right.duplicate).toBe(false)
    this.staged.push({ ...entry, baseOffset: answer.right.baseOffset })
    return true
  }

  #endTransaction(): boolean {
    const commit = this.#below(2) === 0
    this.#isEnding = true
    const producerEpoch = ++this.#epoch
    for (const log of this.#open.all) {
      if (this.#openSince(keyOf(log)) === undefined) continue
      const marker = { commit, producerId: transactional, producerEpoch, coordinatorEpoch: 0, now: this.clock.ms }
      const answer = log.stageMarker(marker)
      if (E.isLeft(answer)) return this.#ends(answer.left.code)
      this.staged.push({ _tag: 'marker', log: keyOf(log), baseOffset: answer.right.baseOffset, commit })
    }
    this.#isEnding = false
    return true
  }

  #start(log: PartitionLog, raise: () => E.Either<{ readonly code: string }, number>): boolean {
    const before = this.#modelOf(keyOf(log)).start
    const answer = raise()
    if (E.isLeft(answer)) return this.#ends(answer.left.code)
    if (answer.right > before) this.staged.push({ _tag: 'start', log: keyOf(log), offset: answer.right })
    return true
  }

  async #maintain(log: PartitionLog): Promise<boolean> {
    this.#start(log, () => E.right(log.retain(this.clock.ms)))
    const compacted = await log.compact(this.clock.ms, { breathe: () => Promise.resolve() })
    return E.isRight(compacted) || this.#ends(compacted.left.code)
  }

  /** Maintains all of them, while somebody goes on writing. */
  async #round(): Promise<boolean> {
    let isOver = false
    const round = this.#open.maintain().finally(() => {
      isOver = true
    })
    // Retention has decided by now: what it stages has its place among the rest.
    for (const log of this.#open.all) this.#start(log, () => E.right(log.retain(this.clock.ms)))
    let isGoingOn = true
    for (let more = 0; more < 4 && !isOver && isGoingOn; more++) {
      isGoingOn = this.#stage(this.#pick([...this.#open.all]), plain)
      void this.commit()
      await new Promise<void>((resolve) => {
        this.clock.after(0, resolve)
      })
    }
    const answer = await round
    return isGoingOn && (E.isRight(answer) || this.#ends(answer.left.code))
  }

  /** A topic that was deleted comes back under its name, as another. */
  async #recreate(): Promise<boolean> {
    const of = { topic: 'x', partition: 0 }
    const logs = this.#open
    this.definitions = [...this.#lasting]
    if (E.isLeft(logs.remove(of))) return false
    this.staged = this.staged.map((entry) =>
      entry.log.startsWith('id-x') ? { _tag: 'start', log: 'gone', offset: 0 } : entry,
    )
    if (this.#below(4) === 0) return true
    const definition = { ...of, topicId: idOf(`x${this.#topics++}`), config: small }
    this.definitions = [...this.#lasting, definition]
    this.staged.push({ _tag: 'created', log: keyOf(definition) })
    return E.isRight(await logs.add([definition]))
  }

  #ends(code: string): boolean {
    if (code !== 'storage-failed' && code !== 'storage-full') throw new Error(`refused with ${code}`)
    return code === 'storage-full'
  }

  /** How long a prefix of what was staged has just the offsets that are there. */
  #prefix(): number {
    const there = new Map([...this.#open.all].map((log) => [keyOf(log), log]))
    const ends = new Map<string, number>()
    let found = -1
    for (let count = 0; count <= this.staged.length; count++) {
      const entry = this.staged[count - 1]
      if (entry?._tag === 'data') ends.set(entry.log, entry.baseOffset + entry.records.length)
      if (entry?._tag === 'marker') ends.set(entry.log, entry.baseOffset + 1)
      if ([...there].every(([key, log]) => log.endOffset === (ends.get(key) ?? 0)) && this.#startsFit(there, count)) {
        found = count
      }
    }
    const state = [...there].map(([key, log]) => `${key} ${log.startOffset}..${log.endOffset} of ${ends.get(key)}`)
    expect(found, `no prefix of ${this.staged.length} fits ${state.join(', ')}`).not.toBe(-1)
    expect(found, `${this.acknowledged} were acknowledged; ${state.join(', ')}`).toBeGreaterThanOrEqual(
      this.acknowledged,
    )
    return found
  }

  #startsFit(there: ReadonlyMap<string, PartitionLog>, count: number): boolean {
    const starts = new Map<string, number>()
    for (const entry of this.staged.slice(0, count)) if (entry._tag === 'start') starts.set(entry.log, entry.offset)
    return [...there].every(([key, log]) => log.startOffset === (starts.get(key) ?? 0))
  }

  #verifyLog(log: PartitionLog): void {
    const model = this.#modelOf(keyOf(log))
    expect(log.highWatermark).toBe(log.endOffset)
    expect(log.lastStableOffset).toBe(Math.max(model.start, this.#openSince(keyOf(log)) ?? model.end))
    for (const isolation of ['read_uncommitted', 'read_committed'] as const) {
      const bound = isolation === 'read_committed' ? log.lastStableOffset : model.end
      const expected = model.records.filter(
        ({ offset, aborted }) =>
          offset >= model.start && offset < bound && !(aborted && isolation === 'read_committed'),
      )
      const there = readAll(log, isolation)
      if (log.topic === 'c') expectCompacted(there, expected, model.aborted)
      else expect(there).toEqual(expected.map(({ offset, key, value }) => ({ offset, key, value })))
    }
    this.#verifyRetries(log)
  }

  /** Each of a producer's last five batches is known, and answered with where it lies. */
  #verifyRetries(log: PartitionLog): void {
    const sent = this.staged.filter(
      (entry) => entry._tag === 'data' && entry.log === keyOf(log) && entry.producerId === plain,
    )
    for (const entry of sent.slice(-5)) {
      if (entry._tag !== 'data') continue
      const answer = must(log.stage(bytesOf(entry), 'client', this.clock.ms))
      expect(answer).toMatchObject({ baseOffset: entry.baseOffset, duplicate: true })
    }
  }

  #modelOf(log: string) {
    const records: { offset: number; key: string; value: string | null; aborted: boolean }[] = []
    let open: typeof records = []
    let start = 0
    let end = 0
    const aborted = new Set<number>()
    for (const entry of this.staged) {
      if (entry.log !== log || entry._tag === 'created') continue
      if (entry._tag === 'start') start = Math.max(start, entry.offset)
      else if (entry._tag === 'marker') {
        end = entry.baseOffset + 1
        if (!entry.commit)
          for (const record of open) {
            record.aborted = true
            aborted.add(record.offset)
          }
        open = []
      } else {
        const added = entry.records.map((record, at) => ({ ...record, offset: entry.baseOffset + at, aborted: false }))
        records.push(...added)
        if (entry.transactional) open.push(...added)
        end = entry.baseOffset + entry.records.length
      }
    }
    return { records, start, end, aborted }
  }

  #openSince(log: string): number | undefined {
    let since: number | undefined
    for (const entry of this.staged) {
      if (entry.log !== log) continue
      if (entry._tag === 'marker') since = undefined
      if (entry._tag === 'data' && entry.transactional) since ??= entry.baseOffset
    }
    return since
  }

  #nextSequence(log: string, producerId: number, epoch: number): number {
    return this.staged.reduce(
      (sum, entry) =>
        entry._tag === 'data' && entry.log === log && entry.producerId === producerId && entry.epoch === epoch
          ? sum + entry.records.length
          : sum,
      0,
    )
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound)
  }

  #pick<A>(all: readonly A[]): A {
    return all[this.#below(all.length)] as A
  }
}

const bytesOf = (entry: Omit<Extract<Entry, { _tag: 'data' }>, 'baseOffset'>): Uint8Array =>
  batchOf({
    records: entry.records,
    producerId: entry.producerId,
    producerEpoch: entry.epoch,
    baseSequence: entry.baseSequence,
    transactional: entry.transactional,
  })

const readAll = (log: PartitionLog, isolation: 'read_committed' | 'read_uncommitted') => {
  const found: { offset: number; key: string | null; value: string | null }[] = []
  const bound = isolation === 'read_committed' ? log.lastStableOffset : log.highWatermark
  for (let offset = log.startOffset; offset < bound; ) {
    const read = must(log.read({ offset, maxBytes: 1000, isolation }))
    if (read.nextOffset <= offset) throw new Error(`reading ${log.name} at ${offset} goes on at ${read.nextOffset}`)
    found.push(...recordsIn(read.batches, offset).map(({ offset, key, value }) => ({ offset, key, value })))
    offset = read.nextOffset
  }
  return found
}

/** Nothing new, nothing moved, and the last of each key is there, but for tombstones. */
const expectCompacted = (
  there: ReturnType<typeof readAll>,
  expected: readonly { offset: number; key: string; value: string | null }[],
  aborted: ReadonlySet<number>,
): void => {
  const byOffset = new Map(expected.map(({ offset, key, value }) => [offset, { offset, key, value }]))
  for (const record of there) expect(byOffset.get(record.offset)).toEqual(record)
  const committed = expected.filter(({ offset }) => !aborted.has(offset))
  const last = new Map(committed.map((record) => [record.key, record]))
  const found = new Set(there.map(({ offset }) => offset))
  for (const { offset, value, key } of last.values()) {
    if (value !== null) expect(found.has(offset), `the last record of ${key}, at ${offset}, is gone`).toBe(true)
  }
}
