import { WrittenHeaders } from '../batch/record-headers.ts'
import { varintBytes, writeVarint } from '../batch/varint.ts'
import { jobHeader } from '../codec/job-headers.ts'
import { type Mark, markRoom, writeMark } from '../codec/job-mark.ts'
import { MarkReader } from '../codec/mark-reader.ts'
import { utf8 } from '../codec/utf-8.ts'
import { never } from '../contracts/state-store.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import type { Hands, LyingRecord, Skim } from '../pipeline/skim.ts'
import type { Source } from '../pipeline/source.ts'
import type { JobEffect } from '../protocol/delay/job.ts'
import { placeOf } from '../protocol/delay/ladder.ts'
import { keyHash } from '../store/key-hash.ts'
import { firedBytes, pendingBytes } from './job-state-codec.ts'
import { standsOf } from './job-state-reader.ts'
import type { MovingParts } from './moving-parts.ts'

export interface SkimJobsSetup extends MovingParts {
  readonly store: string
  readonly commands: AnyTopic
  readonly target: AnyTopic
}

/**
 * What most jobs are: scheduled under an id of which nothing is known, then due, and neither replaced nor cancelled. Does with
 * these what the mover's step does, and leaves the others to it.
 */
export const skimJobs = (o: SkimJobsSetup): Skim => {
  const mark = new MarkReader()
  const headers = new HeaderWriter()
  const commands = o.commands.name
  const target = o.target.name

  const scheduled = ({ partition }: Source, record: LyingRecord, hands: Hands): boolean => {
    if (mark.what !== 'schedule') return false
    const now = hands.now()
    const { offset: gen } = record
    const waitMs = mark.dueMs >= 0 || mark.afterMs < 0 ? undefined : mark.afterMs
    const dueMs = waitMs === undefined ? mark.dueMs : record.timestamp + waitMs
    if (dueMs <= now) return false
    const key = record.key as Uint8Array
    const hash = keyHash(key)
    const store = hands.store(o.store)
    if (store === undefined || store.get(key, hash, now) !== undefined) return false
    const isInOrder = waitMs !== undefined && o.order.takes(partition, waitMs, dueMs)
    const place = placeOf(o.rules.ladder, dueMs, now, isInOrder ? waitMs : undefined)
    if (place._tag === 'rung') return false
    const state = pendingBytes(gen, dueMs)
    if (!hands.hasRoom(store, key, hash, state.length, never)) return false
    const written = headers.wait({ what: 'wait', dueMs, gen, key: mark.keyOf(key) }, key)
    if (!hands.emit(o.tiers.topicOf(place).name, key, record.value, written, now)) return false
    hands.set(store, key, hash, state, never)
    o.guard.add(partition, dueMs)
    o.counters.count(toldScheduled, now, false)
    return true
  }

  const surfaced = (source: Source, record: LyingRecord, hands: Hands): boolean => {
    const { dueMs, gen } = mark
    if (mark.what !== 'wait' || gen < 0 || dueMs < 0) return false
    const storeTime = hands.now()
    const now = storeTime + o.earlyMs
    const key = record.key as Uint8Array
    const hash = keyHash(key)
    const store = hands.store(o.store)
    if (store === undefined) return false
    const stands = standsOf(store.get(key, hash, storeTime), gen, dueMs)
    if (stands === 'otherwise') o.counters.count(dropped, now, true)
    if (stands !== 'waits') return stands === 'otherwise'
    if (dueMs > now || dueMs > o.guard.of(source.partition)) return false
    const untilMs = now + o.rules.keptMs
    const state = firedBytes(gen, dueMs, untilMs)
    if (!hands.hasRoom(store, key, hash, state.length, untilMs)) return false
    if (!hands.emit(target, mark.keyOf(key), record.value, headers.fired(dueMs, key, gen), dueMs)) return false
    hands.set(store, key, hash, state, untilMs)
    o.counters.count({ _tag: 'fire', gen, dueMs }, now, true)
    return true
  }

  return (source, record, hands) => {
    if (record.headerCount !== 1 || record.keyBytes < 1 || !mark.readFirst(record) || !mark.isPlain) return false
    return source.topic === commands ? scheduled(source, record, hands) : surfaced(source, record, hands)
  }
}

const toldScheduled: JobEffect = {
  _tag: 'told',
  what: 'schedule',
  answer: { _tag: 'scheduled', gen: 0, dueMs: 0, replaced: false },
  isRepeated: false,
}
const dropped: JobEffect = { _tag: 'drop' }

/** Writes headers as batches have them; what was written last is overwritten. */
class HeaderWriter {
  readonly #headers = new WrittenHeaders()
  #bytes = new Uint8Array(1024)
  #at = 0

  /** The mark of a record that waits. */
  wait(mark: Mark, id: Uint8Array): WrittenHeaders {
    this.#reserve(markBegins + markRoom(mark))
    const bytes = this.#bytes
    const to = writeMark(bytes, markBegins, mark, id)
    // how long it is comes before it, and is known behind it
    let at = markBegins - varintBytes(to - markBegins)
    writeVarint(bytes, at, to - markBegins)
    at -= oneMark.length
    bytes.set(oneMark, at)
    return this.#headers.are(bytes, at, to)
  }

  /** Those of a record in the target. */
  fired(dueMs: number, id: Uint8Array, gen: number): WrittenHeaders {
    this.#reserve(200 + id.length)
    this.#at = writeVarint(this.#bytes, 0, 3)
    this.#number(due, dueMs)
    this.#bytesOf(job, id)
    this.#number(scheduling, gen)
    return this.#headers.are(this.#bytes, 0, this.#at)
  }

  #number(name: Uint8Array, value: number): void {
    const text = utf8(String(value))
    this.#bytesOf(name, text)
  }

  #bytesOf(name: Uint8Array, value: Uint8Array): void {
    const bytes = this.#bytes
    bytes.set(name, this.#at)
    const at = writeVarint(bytes, this.#at + name.length, value.length)
    for (let i = 0; i < value.length; i++) bytes[at + i] = value[i] as number
    this.#at = at + value.length
  }

  #reserve(length: number): void {
    if (this.#bytes.length < length) this.#bytes = new Uint8Array(2 * length)
  }
}

/** How a header of this name begins. */
const begun = (name: string): Uint8Array => Uint8Array.of(2 * name.length, ...utf8(name))
const due = begun(jobHeader.due)
const job = begun(jobHeader.job)
const scheduling = begun(jobHeader.gen)
/** How the headers begin where a mark is the only one. */
const oneMark = Uint8Array.of(2, ...begun(jobHeader.do))
/** Room for what stands before a mark. */
const markBegins = 32
