import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { checkAppend } from '../../../src/protocol/broker/producer-state.ts'
import { stepTransaction } from '../../../src/protocol/broker/transaction.ts'
import type { TransactionRecord } from '../../../src/protocol/broker/transaction-state.ts'
import { type Message, TestClient } from '../../support/transaction-client.ts'
import { type Rules, realRules, TransactionWorld } from '../../support/transaction-world.ts'

const actions = [
  'act',
  'act',
  'act',
  'deliver',
  'deliver',
  'deliver',
  'deliver and keep',
  'lose the answer',
  'take over',
  'reload',
  'time out',
  'hold markers',
  'write markers',
  'write a marker twice',
  'fail a write',
] as const

interface Step {
  readonly action: (typeof actions)[number]
  readonly pick: number
}

const steps = fc.array(fc.record({ action: fc.constantFrom(...actions), pick: fc.nat(1000) }), {
  maxLength: 150,
  size: 'max',
})

class Run {
  readonly world: TransactionWorld
  readonly network: Message[] = []
  readonly clients: TestClient[] = []
  readonly #seen: [readonly string[], readonly string[]] = [[], []]

  constructor(rules: Rules, record?: TransactionRecord) {
    this.world = new TransactionWorld(rules, record)
    this.#takeOver()
  }

  #takeOver(): void {
    if (this.clients.length < 3) this.clients.push(new TestClient(`c${this.clients.length}`, this.network))
  }

  step({ action, pick }: Step): void {
    const { world, network } = this
    const at = pick % Math.max(network.length, 1)
    const message = network[at]
    if (action === 'act') this.clients[pick % this.clients.length]?.act(pick >> 2)
    else if (action === 'take over') this.#takeOver()
    else if (action === 'reload') world.reload()
    else if (action === 'time out') world.ask({ _tag: 'abandoned', now: 0 })
    else if (action === 'hold markers') world.heldMarkers = true
    else if (action === 'write markers') world.releaseMarkers()
    else if (action === 'write a marker twice') world.releaseMarkers('first twice')
    else if (action === 'fail a write') world.nextWrite = pick % 2 === 0 ? 'failed' : 'done, and said to have failed'
    else if (message !== undefined) {
      if (action !== 'deliver and keep') network.splice(at, 1)
      TestClient.deliver(world, message, action !== 'lose the answer')
    }
    this.#checkReaders()
  }

  /** Everything is delivered, in order; what is still open is aborted, and what is decided completed. */
  heal(): void {
    const { world, network } = this
    world.heldMarkers = false
    world.nextWrite = 'done'
    for (let n = 0; n < 2000; n++) {
      world.releaseMarkers()
      // A completion that could not be written is tried again by the clock.
      world.ask({ _tag: 'tick', now: 0, idExpirationMs: 1 })
      const message = network.shift()
      if (message === undefined) break
      TestClient.deliver(world, message, true)
    }
    world.ask({ _tag: 'abandoned', now: 0 })
    this.#checkReaders()
    expect(network).toEqual([])
    for (const { lastStableOffset, log } of world.partitions) expect(lastStableOffset).toBe(log.length)
  }

  /** What readers have seen stays, in its place, and nobody saw what was never meant to be committed. */
  #checkReaders(): void {
    const meant = new Set(
      this.clients
        .flatMap((c) => c.transactions.filter((t) => t.commitAsked))
        .flatMap((t) => t.values.map((v) => v.value)),
    )
    for (const [n, partition] of this.world.partitions.entries()) {
      const visible = partition.visible()
      const before = this.#seen[n] ?? []
      if (before.some((value, at) => visible[at] !== value))
        throw new Error(`${before.join()} became ${visible.join()}`)
      const stray = visible.find((value) => !meant.has(value))
      if (stray !== undefined) throw new Error(`${stray} was seen`)
      this.#seen[n as 0 | 1] = visible
    }
  }

  /** All of a transaction or nothing, once, in order; what was answered is so. */
  checkOutcome(): void {
    const visible = this.world.partitions.map((p) => p.visible())
    for (const transaction of this.clients.flatMap((c) => c.transactions)) {
      const sent = [0, 1].map((p) => transaction.values.filter((v) => v.partition === p).map((v) => v.value))
      const seen = visible.map((values, p) => values.filter((value) => sent[p]?.includes(value)))
      const nothing = seen.every((values) => values.length === 0)
      if (transaction.outcome === 'committed' || !nothing) expect(seen).toEqual(sent)
      if (transaction.outcome === 'aborted') expect(nothing).toBe(true)
    }
  }
}

const law = (rules: Rules, reached: (run: Run) => void = () => undefined, record?: TransactionRecord) =>
  fc.property(steps, (all) => {
    const run = new Run(rules, record)
    for (const step of all) run.step(step)
    run.heal()
    run.checkOutcome()
    reached(run)
  })

const isBroken = (rules: Rules): boolean => fc.check(law(rules), { numRuns: 3000, endOnFailure: true }).failed

describe('transactions over two partitions, with requests lost, late and doubled, zombies, and coordinators that die', () => {
  it('appear whole and once, or not at all', () => {
    const reached = { committed: 0, aborted: 0, unknown: 0, seen: 0 }
    fc.assert(
      law(realRules, (run) => {
        for (const { outcome, commitAsked } of run.clients.flatMap((c) => c.transactions)) {
          if (outcome === 'open') reached.unknown += Number(commitAsked)
          else reached[outcome]++
        }
        reached.seen += run.world.partitions.flatMap((p) => p.visible()).length
      }),
      { numRuns: 1000 },
    )
    for (const count of Object.values(reached)) expect(count).toBeGreaterThan(20)
  })

  it('do so too while the epochs run out, and with them the producer id', () => {
    const record: TransactionRecord = {
      phase: 'Empty',
      producerId: 999,
      previousProducerId: 999,
      nextProducerId: -1,
      epoch: 32763,
      timeoutMs: 1000,
      partitions: [],
      startedAtMs: -1,
      updatedAtMs: 0,
    }
    let changed = 0
    const reached = (run: Run) => {
      if (run.world.state.record?.producerId !== 999) changed++
    }
    fc.assert(law(realRules, reached, record), { numRuns: 500 })
    expect(changed).toBeGreaterThan(20)
  })

  it('would not, if retries were not recognised', () => {
    const accepted = E.right({ _tag: 'accepted' as const })
    const forget: Rules['checkAppend'] = (entry, batch) => {
      const checked = checkAppend(entry, batch)
      return E.isRight(checked) && checked.right._tag === 'duplicate' ? accepted : checked
    }
    expect(isBroken({ ...realRules, checkAppend: forget })).toBe(true)
  })

  it('would not, if sequences were not checked', () => {
    const anySequence: Rules['checkAppend'] = (entry, batch) => {
      const checked = checkAppend(entry, batch)
      const outOfOrder = E.isLeft(checked) && checked.left.code === 'out-of-order-sequence'
      return outOfOrder ? E.right({ _tag: 'accepted' as const }) : checked
    }
    expect(isBroken({ ...realRules, checkAppend: anySequence })).toBe(true)
  })

  it('would not, if the epoch of batches were not checked', () => {
    const anyEpoch: Rules['checkAppend'] = (entry, batch) => {
      const checked = checkAppend(entry, batch)
      const fenced = E.isLeft(checked) && checked.left.code === 'invalid-producer-epoch'
      return fenced ? E.right({ _tag: 'accepted' as const }) : checked
    }
    expect(isBroken({ ...realRules, checkAppend: anyEpoch })).toBe(true)
  })

  it('would not, if a transaction ended whatever the epoch of the request', () => {
    const anyEpoch: Rules['stepTransaction'] = (state, command) =>
      command._tag === 'endTransaction' && state.record?.phase === 'Ongoing'
        ? stepTransaction(state, { ...command, epoch: state.record.epoch })
        : stepTransaction(state, command)
    expect(isBroken({ ...realRules, stepTransaction: anyEpoch })).toBe(true)
  })
})
