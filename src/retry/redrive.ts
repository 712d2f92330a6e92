import { type Redriven, redrivenTopic } from '../codec/redrive.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Call, Engine, TopicDescription, TransactionalProducer } from '../contracts/engine.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import { settle } from '../contracts/settle.ts'
import { Rate, type RateText } from '../pipeline/rate.ts'
import { fateOf, type LetterFilter, letterId, type RedriveRules } from '../protocol/retry/redrive.ts'
import { Destinations, type Redirected, type RedriveTo } from './destinations.ts'
import { type LetterRecord, type LettersTopic, type Read, readLetters } from './letters.ts'
import { type MovedLetters, readMoved } from './moved-letters.ts'
import { RedriveBatch } from './redrive-batch.ts'

/** What a redrive stands on. */
export interface RedriveParts {
  readonly engine: Engine
  readonly clock: Clock
  readonly letters: LettersTopic
  readonly read: Read
  /** Runs a call, and runs it again where that may help; one of unknown outcome where twice is as good as once. */
  readonly patiently: <A>(call: Call<A>, isHarmless?: boolean) => Promise<A>
  /** How many records one transaction moves at most; 500 where nothing is said. */
  readonly batchRecords?: number
}

export interface RedriveOrder {
  readonly filter: LetterFilter
  readonly to: RedriveTo
  /** Who does it, for the record that says so. */
  readonly by: string
  /** Only says what would become of the letters. */
  readonly isDry: boolean
  readonly max: number
  readonly redrivesMax: number
  readonly rate: RateText | undefined
  readonly signal: AbortSignal | undefined
  /** Hears how many have moved so far, after each transaction. */
  readonly onMoved: ((moved: number) => void) | undefined
}

/** What came of a redrive; of a dry one what would. */
export interface RedriveOutcome {
  /** Letters that were asked for. All the numbers below are of these. */
  readonly asked: number
  /** Their records were written once more: each once, with a note of it. */
  readonly moved: number
  /** Their records had moved already, in an earlier redrive. */
  readonly movedBefore: number
  /** Their records came back too often. */
  readonly pastLimit: number
  /** There were enough without them, or the redrive was ended before their turn. */
  readonly left: number
  /** Where records went. */
  readonly to: readonly { readonly topic: string; readonly records: number }[]
  /** Why records could go nowhere. */
  readonly stuck: readonly { readonly why: string; readonly letters: number }[]
  /** Records of the topic that are no letters, whatever was asked for. */
  readonly unreadable: number
  /** It was ended before it had seen all letters. */
  readonly isInterrupted: boolean
}

/** What one transaction moves at most; of bytes a little more, with the last record. */
const batchRecordsMax = 500
const batchBytesMax = 1024 * 1024

/** Nothing is waited for in a transaction. */
const transactionTimeoutMs = 15_000

/**
 * Writes the records of dead letters once more.
 *
 * **Guarantees** each letter's record moves once, over all redrives that there are: a record and the note that it moved
 * are one transaction, the notes are read before anything moves, and whoever begins ends all others first. The records of a
 * key keep their order, among those that move.
 *
 * **Errors** rejects with {@link MillraceError}; `producer-fenced` where another redrive of these letters has begun. What was
 * moved until then stays moved, and is not moved again by the next.
 */
export const redrive = async (parts: RedriveParts, order: RedriveOrder): Promise<RedriveOutcome> => {
  const { engine, letters, patiently } = parts
  const [topic] = await settle(engine.topics.describe([letters.name]))
  if (topic === undefined)
    throw new MillraceError(engineFailure('unknown-topic', `there is no topic '${letters.name}' at ${engine.name}`))
  const isNoted = await findNotes(engine, letters.name, order.isDry)
  if (order.isDry) return new Redrive(parts, order, topic, undefined).run(isNoted)
  const transactions = { transactionalId: `redrive/${letters.name}`, timeoutMs: transactionTimeoutMs }
  const producer = await patiently(engine.transactions(transactions), true)
  try {
    return await new Redrive(parts, order, topic, producer).run(isNoted)
  } catch (error) {
    // whoever takes the id over decides about what is open; until then it is only not to be seen
    await producer.abort()()
    throw saidOfRedrives(error, letters.name)
  } finally {
    await producer.close()()
  }
}

/** Whether there are notes; they are begun where something is to be noted. */
const findNotes = async (engine: Engine, letters: string, isDry: boolean): Promise<boolean> => {
  const { name, partitions, config } = redrivenTopic(letters)
  if ((await settle(engine.topics.describe([name]))).length > 0) return true
  if (isDry) return false
  const made = await engine.topics.create({ name, partitions, config })()
  if (made._tag === 'Left' && made.left.code !== 'topic-exists') throw new MillraceError(made.left)
  return true
}

const fenced: readonly unknown[] = ['producer-fenced', 'invalid-producer-epoch']

const saidOfRedrives = (error: unknown, letters: string): unknown =>
  error instanceof MillraceError && fenced.includes(error.code)
    ? new MillraceError(
        engineFailure(
          'producer-fenced',
          `another redrive of '${letters}' has begun, which ended this one: what was moved stays moved; wait for that one, then look what is left`,
          error,
        ),
      )
    : error

interface Turned {
  readonly letter: LetterRecord
  readonly redirected: Redirected
}

class Redrive {
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
    this.#destinations = new Destinations(parts.engine)
    this.#rules = { filter: order.filter, redrivesMax: order.redrivesMax, max: order.max }
    this.#batchRecords = parts.batchRecords ?? batchRecordsMax
    this.#rate = order.rate === undefined ? undefined : new Rate(order.rate, parts.clock)
  }

  async run(isNoted: boolean): Promise<RedriveOutcome> {
    const { read } = this.#parts
    const { signal } = this.#order
    const moved = isNoted ? await readMoved(read, this.#topic, signal) : undefined
    for (let partition = 0; partition < this.#topic.partitions && !this.#isEnded; partition++)
      await this.#partition(partition, moved)
    await this.#flush()
    return this.#outcome()
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
      ...(filter.from === undefined ? {} : { from: { timestamp: filter.from } }),
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
      await new Promise<void>((ring) => this.#parts.clock.after(rate.waitMs(), ring, true))
    }
  }

  async #commit(turned: readonly Turned[]): Promise<void> {
    if (this.#producer !== undefined) {
      await settle(this.#producer.append(this.#written(turned)))
      await this.#parts.patiently(this.#producer.commit(), true)
    }
    this.#rate?.spend(turned.length)
    for (const { redirected } of turned) count(this.#to, redirected.to.topic)
    this.#counts.moved += turned.length
    this.#order.onMoved?.(this.#counts.moved)
  }

  /** The records, and the notes that they moved. */
  #written(turned: readonly Turned[]) {
    const batch = new RedriveBatch()
    const notes = redrivenTopic(this.#topic.name)
    const timestamp = this.#parts.clock.now()
    const notesTopic = { ...notes, id: '', internal: false }
    for (const { redirected } of turned) batch.add(redirected.topic, redirected.to.partition, redirected.record)
    for (const one of turned) {
      const { headers: _, ...fields } = one.redirected.record
      const key = notes.key.encode(letterId(one.letter))
      const value = notes.value.encode(this.#note(one, timestamp))
      batch.add(notesTopic, 0, { ...fields, key, value, headers: noHeaders, timestamp })
    }
    return batch.build()
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
