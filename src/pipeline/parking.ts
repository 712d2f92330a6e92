import { markedHeaders, markOf, type Token, tokenHeaders } from '../protocol/retry/headers.ts'
import { unmarked } from '../protocol/retry/history.ts'
import {
  closed,
  closedKey,
  drainsOn,
  dueNow,
  firstSettled,
  type Head,
  isLive,
  liveToken,
  type ParkedKey,
  parkFirst,
  putOffAgain,
  queuedBehind,
  turnOf,
  waitingOf,
} from '../protocol/retry/parking.ts'
import { redrivenIn } from '../protocol/retry/redriven-headers.ts'
import { KeyGivenUp, ParkingFull, UnknownOrigin } from './attempt-errors.ts'
import type { Sink } from './encoded-output.ts'
import type { Entry, Known } from './entry.ts'
import type { Gather } from './gather.ts'
import { type ParkedRecord, ParkedStore } from './parked-store.ts'
import type { OrderSetup } from './retry-setup.ts'
import type { Returns } from './returns.ts'
import type { Parks } from './verdict.ts'

export interface ParkingSetup extends OrderSetup {
  readonly pipeline: string
  readonly returns: Returns
  readonly gather: () => Gather
  /** By the clock's `elapsed`. */
  readonly elapsed: () => number
}

/** What is to be done about a record whose turn it is; an error where it has failed before it could run. */
export type Readiness = 'runs' | 'done' | Error

/**
 * Keeps the records of each key in order where one of them is put off: those that come later wait behind it, unprocessed.
 * The rules are those of `protocol/retry/parking.ts`; here they meet the store and the task.
 *
 * An entry asks when its turn has come, which is when those before it of its key have been decided about; what it changes
 * is visible to the next, and committed with it.
 */
export class Parking {
  readonly #o: ParkingSetup
  readonly #store: ParkedStore
  /** Whether a drain may go on, as far as the task goes. */
  mayGoOn: () => boolean = () => true

  constructor(setup: ParkingSetup) {
    this.#o = setup
    this.#store = new ParkedStore(setup.store, setup.gauge, setup.nowMs)
  }

  /** Whether nothing waits, and every key is open. */
  get isEmpty(): boolean {
    return this.#store.isEmpty
  }

  /** Whether `entry` runs now, and as which record. */
  turn(entry: Entry): Readiness {
    const key = this.isEmpty ? undefined : this.#store.key(entry.key)
    if (entry.isAtHead) return this.#given(entry, key as ParkedKey)
    if (entry.token !== undefined) return this.#isLive(key, entry.token) ? this.#first(entry, key) : 'done'
    if (key === undefined) return 'runs'
    switch (turnOf(key, redrivenIn(entry.headers, entry.source.topic) > 0 || !this.#o.closes)) {
      case 'runs':
        return 'runs'
      case 'opens':
        this.#store.setKey(this.#gatherOf(entry), entry.key, undefined)
        return 'runs'
      case 'is-given-up':
        return new KeyGivenUp(this.#o.pipeline, entry.id)
      case 'waits-behind':
        return this.#o.missing === 'retry-before-order' ? 'runs' : this.#behind(entry, key)
    }
  }

  /** The record that `entry` is has been decided about: whether the entry goes on, to the next that waits or to itself. */
  settled(entry: Entry): boolean {
    const gather = this.#gatherOf(entry)
    const key = this.#store.key(entry.key) as ParkedKey
    const next = this.#store.record(entry.key, key.first + 1)
    this.#store.setRecord(gather, entry.key, key.first, undefined)
    let after = firstSettled(key, next === undefined ? undefined : headOf(next))
    const isLeft = after !== undefined && waitingOf(after) > 0
    if (after !== undefined && isLeft) after = dueNow(after, this.#o.nowMs())
    this.#store.setKey(gather, entry.key, after)
    this.#o.counters.drained += 1
    entry.isAtHead = false
    entry.settled += 1
    if (entry.token === undefined) return this.#becomesItself(entry, isLeft)
    if (after === undefined || !isLeft) return false
    entry.token = liveToken(after)
    if (this.#drainsOn(entry)) return true
    this.#leaveToken(entry, after)
    return false
  }

  /** The record that `entry` is waits until it is due. Answers what to do with the entry. */
  park(entry: Entry, verdict: Parks): 'done' | 'goes-on' | Error {
    const { dueAtMs, tier, history, error } = verdict
    if (!entry.isAtHead) return this.#parkItself(entry, verdict)
    const key = this.#store.key(entry.key) as ParkedKey
    const again = putOffAgain(key, dueAtMs, history.firstFailedAtMs)
    this.#store.setKey(this.#gatherOf(entry), entry.key, again)
    this.#send(entry, again, tier, error)
    entry.isAtHead = false
    if (entry.token !== undefined) return 'done'
    this.#becomesItself(entry, false)
    return 'goes-on'
  }

  /** The key of `entry` is given up with the record that it is; an error where there is no room to remember it. */
  close(entry: Entry): ParkingFull | undefined {
    const full = entry.isAtHead ? undefined : this.#full(entry, undefined)
    if (full !== undefined) return full
    const key = entry.isAtHead ? closed(this.#store.key(entry.key) as ParkedKey) : closedKey
    this.#store.setKey(this.#gatherOf(entry), entry.key, key)
    return undefined
  }

  /** How long `entry`, for which there was no room, has nothing to look for. */
  waitMs(entry: Entry): number {
    const key = this.#store.key(entry.key)
    return key === undefined ? Number.POSITIVE_INFINITY : Math.max(1, key.dueAtMs - this.#o.nowMs())
  }

  #isLive(key: ParkedKey | undefined, token: Token): key is ParkedKey {
    const isAny = this.#o.missing === 'token-unmatched' && key !== undefined && waitingOf(key) > 0
    return isAny || isLive(key, token)
  }

  /** `entry` becomes the first that waits of its key. */
  #first(entry: Entry, key: ParkedKey): Readiness {
    if (entry.settled === 0) entry.drainsSinceMs = this.#o.elapsed()
    else if (entry.token !== undefined && !this.mayGoOn()) {
      this.#leaveToken(entry, key)
      return 'done'
    }
    entry.own ??= ownOf(entry)
    entry.isAtHead = true
    const record = this.#store.record(entry.key, key.first) as ParkedRecord
    const known = this.#o.returns.known({ offset: -1, timestamp: -1, key: entry.key, ...record })
    if (known === undefined) return new UnknownOrigin(this.#o.pipeline, key.head, undefined)
    const { attempts, firstFailedAtMs } = key
    entry.become({ ...known, history: { attempts, firstFailedAtMs } })
    return this.#given(entry, key)
  }

  #given(entry: Entry, key: ParkedKey): Readiness {
    return key.isClosed && this.#o.closes ? new KeyGivenUp(this.#o.pipeline, entry.id) : 'runs'
  }

  #behind(entry: Entry, key: ParkedKey): Readiness {
    const full = this.#full(entry, key)
    if (full === undefined) {
      const { next } = key
      const fault = this.#keep(entry, next)
      if (fault !== undefined) return fault
      const queued = queuedBehind(key)
      this.#store.setKey(this.#gatherOf(entry), entry.key, queued)
      if (entry.owesToken) this.#leaveToken(entry, queued)
      return 'done'
    }
    // nobody else can: what would drain the key is behind this one
    return this.#o.nowMs() >= key.dueAtMs ? this.#first(entry, key) : full
  }

  #parkItself(entry: Entry, { dueAtMs, tier, history, error }: Parks): 'done' | Error {
    // a try is one, also where it is made in place for want of room: the record may be all that keeps those from theirs that have it
    entry.history = history
    const full = this.#full(entry, undefined)
    if (full !== undefined) return full
    const fault = this.#keep(entry, 0)
    if (fault !== undefined) return fault
    const key = parkFirst(entry.id, history, dueAtMs)
    this.#store.setKey(this.#gatherOf(entry), entry.key, key)
    this.#send(entry, key, tier, error)
    return 'done'
  }

  /** Keeps the record that `entry` is under `number`, or says why not. */
  #keep(entry: Entry, number: number): ParkingFull | undefined {
    const { source, offset, timestamp, value, history } = entry
    const origin = { topic: source.topic, partition: source.partition, offset, timestamp }
    const record = { headers: markedHeaders(entry.headers, { origin, history, dueAtMs: 0 }), value }
    const misfit = this.#store.misfit(entry.key, number, record)
    if (misfit !== undefined)
      return new ParkingFull(`pipeline '${this.#o.pipeline}': record '${entry.id}' cannot wait in order: ${misfit}`)
    const gather = this.#o.missing === 'parked-apart' ? this.#o.gather() : this.#gatherOf(entry)
    this.#store.setRecord(gather, entry.key, number, record)
    this.#o.counters.parked += 1
    return undefined
  }

  #full(entry: Entry, key: ParkedKey | undefined): ParkingFull | undefined {
    const { pipeline, maxParkedPerKey, maxParked } = this.#o
    const full = (bound: string): ParkingFull =>
      new ParkingFull(
        `pipeline '${pipeline}': record '${entry.id}' cannot wait in order, nor be given up with its key: ${bound}. ` +
          'It is held up, and all behind it, until there is room or it is decided about: mend what fails, or raise the bound',
      )
    if (key !== undefined && waitingOf(key) >= maxParkedPerKey)
      return full(`${maxParkedPerKey} of its key do already (maxParkedPerKey)`)
    if (this.#store.entries >= maxParked)
      return full(`${maxParked} records and keys of its task do already (maxParked)`)
    return undefined
  }

  #becomesItself(entry: Entry, owesToken: boolean): boolean {
    entry.become(entry.own as Known)
    entry.owesToken = owesToken
    return true
  }

  #drainsOn(entry: Entry): boolean {
    return this.mayGoOn() && drainsOn(entry.settled, this.#o.elapsed() - entry.drainsSinceMs)
  }

  /** The first record of a key may go at once: but not by this entry. */
  #leaveToken(entry: Entry, key: ParkedKey): void {
    entry.owesToken = false
    this.#send(entry, key, this.#o.now)
  }

  #send(entry: Entry, key: ParkedKey, sink: Sink, error?: string): void {
    const headers = tokenHeaders(liveToken(key), key.dueAtMs, error)
    this.#gatherOf(entry).addInstead({ sink, key: entry.key, value: null, headers, timestamp: this.#o.nowMs() })
  }

  #gatherOf(entry: Entry): Gather {
    entry.gather ??= this.#o.gather()
    return entry.gather
  }
}

const ownOf = ({ source, offset, timestamp, key, value, headers, history }: Entry): Known => ({
  source,
  raw: { offset, timestamp, key, value, headers },
  history,
})

const headOf = ({ headers }: ParkedRecord): Head => {
  const mark = markOf(headers)
  if (mark === undefined) return { id: '', history: unmarked }
  const { origin, history } = mark
  return { id: `${origin.topic}-${origin.partition}-${origin.offset}`, history }
}
