import { type Redriven, redrivenTopic } from '../codec/redrive.ts'
import type { TopicDescription, TransactionalProducer } from '../contracts/engine.ts'
import { settle } from '../contracts/settle.ts'
import { Rate } from '../pipeline/rate.ts'
import { fateOf, letterId, type RedriveRules } from '../protocol/retry/redrive.ts'
import { Destinations, type Redirected } from './destinations.ts'
import { type MovedLetters, readNotes } from './moved-letters.ts'
import { type LetterRecord, readLetters } from './read-letters.ts'
import { RedriveBatch } from './redrive-batch.ts'
import { missingOf } from './redrive-mutant.ts'
import type { RedriveOrder, RedriveOutcome, RedriveParts } from './redrive-order.ts'

/** What one transaction moves at most; of bytes a little more, with the last record. */
const batchRecordsMax = 500
const batchBytesMax = 1024 * 1024

interface Turned {
  readonly letter: LetterRecord
  readonly redirected: Redirected
}

/** One redrive under way; a dry one without a producer. */
export class Redriving {
  readonly #parts: RedriveParts
  readonly #order: RedriveOrder
  readonly #topic: TopicDescription
  /** None where it is a dry one. */
  readonly #producer: TransactionalProducer | undefined
  readonly #destinations: Destinations
  readonly #rules: RedriveRules
  readonly #rate: Rate | undefined
  readonly #batchRecords: number
  readonly #counts = { asked: 0, moved: 0, movedBefore: 0, pastLimit: 0, left: 0, unreadable: 0 }
  readonly #to = new Map<string, number>()
  readonly #stuck = new Map<string, number>()
  #waiting: Turned[] = []
  #waitingBytes = 0

  constructor(
    parts: RedriveParts,
    order: RedriveOrder,
    topic: TopicDescription,
    producer: TransactionalProducer | undefined,
  ) {
    this.#parts = parts
    this.#order = order
    this.#topic = topic
    this.#producer = producer
    this.#destinations = new Destinations(parts.engine, order.to)
    this.#rules = { filter: order.filter, redrivesMax: order.redrivesMax, max: order.max }
    this.#batchRecords = parts.batchRecords ?? batchRecordsMax
    this.#rate = order.rate === undefined ? undefined : new Rate(order.rate, parts.clock)
  }

  async run(isNoted: boolean): Promise<RedriveOutcome> {
    const moved = isNoted ? await this.#notes() : undefined
    for (let partition = 0; partition < this.#topic.partitions && !this.#isEnded; partition++)
      await this.#partition(partition, moved)
    await this.#flush()
    return this.#outcome()
  }

  /** Which letters were moved; and deletes what was noted of others, long ago, that are gone. */
  async #notes(): Promise<MovedLetters> {
    const { read, engine, clock } = this.#parts
    const { signal } = this.#order
    const { name: topic, partitions } = this.#topic
    const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition, at: 'earliest' as const }))
    const starts = await settle(engine.reader.offsets(all, 'read_committed'))
    const reading = { nowMs: clock.now(), starts, ...(signal === undefined ? {} : { signal }) }
    const { moved, neededFrom } = await readNotes(read, this.#topic, reading)
    const mayDelete = this.#producer !== undefined && engine.features['delete-records'] === true
    // what is refused is deleted another time
    if (mayDelete && neededFrom > 0)
      await engine.topics.deleteRecords([{ topic: redrivenTopic(topic).name, partition: 0, offset: neededFrom }])()
    return moved
  }

  get #isEnded(): boolean {
    return this.#order.signal?.aborted === true
  }

  async #partition(partition: number, moved: MovedLetters | undefined): Promise<void> {
    const { letters: topic, read } = this.#parts
    const { filter, signal } = this.#order
    const onUnreadable = (): void => {
      this.#counts.unreadable += 1
    }
    const reading = {
      topic,
      partition,
      read,
      onUnreadable,
      ...(filter.since === undefined ? {} : { from: { timestamp: filter.since } }),
      ...(signal === undefined ? {} : { signal }),
    }
    for await (const letters of readLetters(reading))
      for (const letter of letters) {
        await this.#turn(letter, moved?.has(letter) ?? false)
        if (this.#isEnded) return
      }
  }

  async #turn(letter: LetterRecord, isMoved: boolean): Promise<void> {
    const fate = fateOf(this.#rules, letter, { isMoved, moved: this.#counts.moved + this.#waiting.length })
    if (fate === 'not-asked-for') return
    this.#counts.asked += 1
    if (fate === 'moved-before') this.#counts.movedBefore += 1
    else if (fate === 'past-its-limit') this.#counts.pastLimit += 1
    else if (fate === 'beyond-max') this.#counts.left += 1
    else await this.#move(letter)
  }

  async #move(letter: LetterRecord): Promise<void> {
    const redirected = await this.#destinations.of(letter)
    if (typeof redirected === 'string') return count(this.#stuck, redirected)
    this.#waiting.push({ letter, redirected })
    this.#waitingBytes += redirected.record.value?.length ?? 0
    if (this.#waiting.length >= this.#batchRecords || this.#waitingBytes >= batchBytesMax) await this.#flush()
  }

  /** Moves what waits, as fast as it may. */
  async #flush(): Promise<void> {
    while (this.#waiting.length > 0) {
      const room = await this.#room()
      // ended while it waited: nothing more is begun
      if (this.#isEnded) this.#counts.left += this.#waiting.splice(0).length
      else await this.#commit(this.#waiting.splice(0, room))
    }
    this.#waitingBytes = 0
  }

  async #room(): Promise<number> {
    const rate = this.#rate
    if (rate === undefined || this.#producer === undefined) return this.#batchRecords
    for (;;) {
      const room = rate.allowed()
      if (room > 0 || this.#isEnded) return room
      await this.#wait(rate.waitMs())
    }
  }

  /** So long, or until it is ended. */
  async #wait(waitMs: number): Promise<void> {
    const { signal } = this.#order
    let ring = (): void => undefined
    const over = new Promise<void>((resolve) => {
      ring = resolve
    })
    const cancel = this.#parts.clock.after(waitMs, ring, true)
    signal?.addEventListener('abort', ring)
    await over
    cancel()
    signal?.removeEventListener('abort', ring)
  }

  async #commit(turned: readonly Turned[]): Promise<void> {
    for (const written of this.#written(turned)) await this.#write(written)
    this.#rate?.spend(turned.length)
    for (const { redirected } of turned) count(this.#to, redirected.to.topic)
    this.#counts.moved += turned.length
    this.#order.onMoved?.(this.#counts.moved)
  }

  async #write(batch: RedriveBatch): Promise<void> {
    if (this.#producer === undefined) return
    await settle(this.#producer.append(batch.build()))
    await this.#parts.patiently(this.#producer.commit(), true)
  }

  /** The records, and the notes that they moved: a transaction each. */
  #written(turned: readonly Turned[]): readonly RedriveBatch[] {
    const batch = new RedriveBatch()
    const noted = missingOf(this.#parts.letters) === 'note-apart' ? new RedriveBatch() : batch
    const notes = redrivenTopic(this.#topic.name)
    const timestamp = this.#parts.clock.now()
    const notesTopic = { ...notes, id: '', internal: false }
    for (const { redirected } of turned) batch.add(redirected.topic, redirected.to.partition, redirected.record)
    for (const one of turned) {
      const { headers: _, ...fields } = one.redirected.record
      const key = notes.key.encode(letterId(one.letter))
      const value = notes.value.encode(this.#note(one, timestamp))
      noted.add(notesTopic, 0, { ...fields, key, value, headers: noHeaders, timestamp })
    }
    return noted === batch ? [batch] : [batch, noted]
  }

  #note({ letter, redirected }: Turned, at: number): Redriven {
    const { topic, partition, offset, pipeline, redriven } = letter
    const { topic: read, partition: from, offset: was } = letter.origin
    return {
      letter: { topic, topicId: this.#topic.id, partition, offset },
      pipeline,
      origin: { topic: read, partition: from, offset: was },
      to: redirected.to,
      redriven: redriven + 1,
      by: this.#order.by,
      at,
    }
  }

  #outcome(): RedriveOutcome {
    const to = Array.from(this.#to, ([topic, records]) => ({ topic, records }))
    const stuck = Array.from(this.#stuck, ([why, letters]) => ({ why, letters }))
    return { ...this.#counts, to, stuck, isInterrupted: this.#isEnded }
  }
}

const noHeaders: ReadonlyMap<string, Uint8Array> = new Map()

const count = (counts: Map<string, number>, name: string): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
