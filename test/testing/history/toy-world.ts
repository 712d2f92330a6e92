import * as fc from 'fast-check'
import type {
  History,
  Poll,
  PolledRecord,
  Send,
  SentRecord,
  Transaction,
} from '../../../src/testing/history/history.ts'
import { type HistoryRecorder, historyRecorder, type Recording } from '../../../src/testing/history/history-recorder.ts'
import { ToyLog, type ToyTransaction, topic } from './toy-log.ts'

const partitions = 2
const processes = 4
/** Who reads everything at the end. */
export const reader = 'end'

/** What a process does next. `fate` decides what becomes of it. */
export interface Turn {
  readonly process: number
  readonly do: 'send' | 'poll' | 'begin' | 'end' | 'seek' | 'subscribe' | 'rebalance' | 'crash' | 'late'
  readonly partition: number
  readonly count: number
  readonly fate: number
}

/** Random programs. Processes take turns inside of their transactions too. */
export const turns: fc.Arbitrary<readonly Turn[]> = fc.array(
  fc.record({
    process: fc.nat({ max: processes - 1 }),
    do: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom('send' as const, 'poll' as const) },
      { weight: 3, arbitrary: fc.constantFrom('begin' as const, 'end' as const) },
      { weight: 1, arbitrary: fc.constantFrom('seek', 'subscribe', 'rebalance', 'crash', 'late' as const) },
    ) as fc.Arbitrary<Turn['do']>,
    partition: fc.nat({ max: partitions - 1 }),
    count: fc.integer({ min: 1, max: 4 }),
    fate: fc.nat({ max: 11 }),
  }),
  { maxLength: 80, size: 'max' },
)

/** The history of a program on a log that does nothing wrong, and of somebody who reads all of it at the end. */
export const played = (program: readonly Turn[]): History => {
  const world = new World()
  const actors = Array.from({ length: processes }, (_, at) => new Actor(`p${at}`, world))
  for (const turn of program) {
    const actor = actors[turn.process] as Actor
    if (turn.do === 'late') world.late.shift()?.()
    else actor[turn.do](turn)
  }
  for (const actor of actors) actor.crash()
  for (const happen of world.late) happen()
  readAll(world)
  return world.recorder.history()
}

class World {
  readonly log: ToyLog = new ToyLog(partitions)
  readonly recorder: HistoryRecorder = historyRecorder()
  /** What may still happen, though nobody waits for it. */
  readonly late: (() => void)[] = []
  #ms = 0
  #values = 0

  now(): number {
    this.#ms += 1
    return this.#ms
  }

  /** New ones, half of them numbers. */
  records({ partition, count }: Turn): readonly SentRecord[] {
    return Array.from({ length: count }, () => {
      this.#values += 1
      return { topic, partition, value: this.#values % 2 === 0 ? this.#values : `v${this.#values}` }
    })
  }
}

interface Open {
  readonly recording: Recording
  readonly transaction: ToyTransaction
  readonly steps: (Send | Poll)[]
  readonly before: readonly number[]
}

class Actor {
  readonly #name: string
  readonly #world: World
  #positions: number[] = Array.from({ length: partitions }, () => 0)
  #open: Open | undefined
  #isSubscribed = false
  #rebalanced: readonly number[] = []

  constructor(name: string, world: World) {
    this.#name = name
    this.#world = world
  }

  send(turn: Turn): void {
    const records = this.#world.records(turn)
    const { recorder, log, late } = this.#world
    if (this.#open !== undefined) {
      const { transaction, steps } = this.#open
      steps.push({
        _tag: 'send',
        records: records.map((record) => this.#answered(record, log.append(record, transaction), turn)),
      })
      return
    }
    const recording = recorder.began(this.#name, { _tag: 'send', records }, this.#world.now())
    const append = () => records.map((record) => this.#answered(record, log.append(record), turn))
    if (turn.fate < 6) recording.ended('ok', this.#world.now(), { _tag: 'send', records: append() })
    else if (turn.fate < 8) recording.ended('failed', this.#world.now())
    else {
      if (turn.fate === 8) append()
      if (turn.fate === 9) late.push(append)
      recording.ended('unknown', this.#world.now())
    }
  }

  poll(turn: Turn): void {
    const rebalanced = this.#rebalanced.map((partition) => ({ topic, partition }))
    this.#rebalanced = []
    if (this.#open !== undefined) {
      this.#open.steps.push({ _tag: 'poll', records: this.#read(turn), rebalanced })
      return
    }
    const recording = this.#world.recorder.began(this.#name, { _tag: 'poll', records: [] }, this.#world.now())
    const before = [...this.#positions]
    const records = this.#read(turn)
    const outcome = turn.fate < 10 ? 'ok' : 'failed'
    if (outcome === 'failed') this.#positions = before
    recording.ended(outcome, this.#world.now(), { _tag: 'poll', records, rebalanced })
  }

  begin(): void {
    if (this.#open !== undefined) return
    const recording = this.#world.recorder.began(this.#name, { _tag: 'transaction', steps: [] }, this.#world.now())
    this.#open = {
      recording,
      transaction: { state: 'open', partitions: new Set() },
      steps: [],
      before: this.#positions,
    }
    this.#positions = [...this.#positions]
  }

  end({ fate }: Turn): void {
    if (this.#open === undefined) return
    const { recording, transaction, steps, before } = this.#open
    const { log, late } = this.#world
    this.#open = undefined
    const did: Transaction = { _tag: 'transaction', steps, commitMs: this.#world.now() }
    if (fate < 5) {
      log.end(transaction, 'committed')
      recording.ended('ok', this.#world.now(), did)
    } else if (fate < 8) {
      log.end(transaction, 'aborted')
      this.#positions = [...before]
      recording.ended('failed', this.#world.now(), did)
    } else {
      const end = () => log.end(transaction, fate % 2 === 0 ? 'committed' : 'aborted')
      if (fate < 10) end()
      else late.push(end)
      if (fate % 2 === 1) this.#positions = [...before]
      recording.ended('unknown', this.#world.now(), did)
    }
  }

  seek({ partition, fate }: Turn): void {
    if (this.#open !== undefined) return
    this.#isSubscribed = false
    this.#positions[partition] = this.#somewhere(partition, fate)
    const all = this.#positions.map((offset, at) => ({ topic, partition: at, ...(at === partition ? { offset } : {}) }))
    const recording = this.#world.recorder.began(this.#name, { _tag: 'assign', partitions: all }, this.#world.now())
    recording.ended('ok', this.#world.now())
  }

  subscribe(): void {
    if (this.#open !== undefined) return
    this.#isSubscribed = true
    const recording = this.#world.recorder.began(this.#name, { _tag: 'subscribe', topics: [topic] }, this.#world.now())
    recording.ended('ok', this.#world.now())
  }

  rebalance({ partition, fate }: Turn): void {
    if (!this.#isSubscribed) return
    this.#positions[partition] = this.#somewhere(partition, fate)
    this.#rebalanced = [...this.#rebalanced, partition]
  }

  crash(turn: Pick<Turn, 'partition' | 'fate'> = { partition: 0, fate: 0 }): void {
    const open = this.#open
    if (open !== undefined) {
      open.recording.did({ _tag: 'transaction', steps: open.steps, commitMs: this.#world.now() })
      this.#world.late.push(() => this.#world.log.end(open.transaction, turn.fate % 2 === 0 ? 'committed' : 'aborted'))
    }
    this.#open = undefined
    this.#world.recorder.crashed(this.#name, this.#world.now())
    this.#positions[turn.partition] = this.#somewhere(turn.partition, turn.fate)
  }

  /** Not every client learns where its records lie. */
  #answered(record: SentRecord, offset: number, { fate }: Turn): SentRecord {
    return fate === 0 ? record : { ...record, offset }
  }

  #somewhere(partition: number, fate: number): number {
    return Math.floor((this.#world.log.size(partition) * fate) / 12)
  }

  #read({ count }: Turn): readonly PolledRecord[] {
    return this.#positions.flatMap((from, partition) => {
      const { records, next } = this.#world.log.read(partition, from, count)
      this.#positions[partition] = next
      return records
    })
  }
}

/** Three records of each partition at a time. */
const readAll = (world: World): void => {
  const assigned = Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 }))
  world.recorder.began(reader, { _tag: 'assign', partitions: assigned }, world.now()).ended('ok', world.now())
  const positions = assigned.map(({ offset }) => offset)
  while (positions.some((offset, partition) => offset < world.log.size(partition))) {
    const recording = world.recorder.began(reader, { _tag: 'poll', records: [] }, world.now())
    const records = positions.flatMap((from, partition) => {
      const read = world.log.read(partition, from, 3)
      positions[partition] = read.next
      return read.records
    })
    recording.ended('ok', world.now(), { _tag: 'poll', records })
  }
}
