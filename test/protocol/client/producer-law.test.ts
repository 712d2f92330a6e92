import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { producerDeadline } from '../../../src/protocol/client/producer.ts'
import { isUnsure, type Mood, ProducerWorld } from '../../support/producer-world.ts'

const partitions = 2

interface Action {
  readonly what: string
  readonly pick: number
  readonly mood: Mood
  readonly keep: boolean
}

const what = fc.oneof(
  { weight: 8, arbitrary: fc.constant('append') },
  { weight: 8, arbitrary: fc.constant('deliver') },
  { weight: 3, arbitrary: fc.constant('deliver-first') },
  { weight: 6, arbitrary: fc.constant('answer') },
  { weight: 3, arbitrary: fc.constant('advance') },
  { weight: 2, arbitrary: fc.constant('deadline') },
  { weight: 2, arbitrary: fc.constant('identify') },
  { weight: 1, arbitrary: fc.constantFrom('lose', 'lose-answer', 'lose-all', 'fail-identify', 'foreign') },
  { weight: 1, arbitrary: fc.constantFrom('move', 'refresh', 'refresh', 'forget', 'give-up') },
  { weight: 2, arbitrary: fc.constant('again') },
)

const action: fc.Arbitrary<Action> = fc.record({
  what,
  pick: fc.nat({ max: 1000 }),
  mood: fc.oneof(
    { weight: 6, arbitrary: fc.constant<Mood>('well') },
    { weight: 1, arbitrary: fc.constantFrom<Mood>('before', 'after') },
  ),
  keep: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
})

const act = (world: ProducerWorld, { what, pick, mood, keep }: Action): void => {
  const at = pick % partitions
  switch (what) {
    case 'append':
      if (!world.closed) world.append(at, 1 + (pick % 7), pick % 23 === 0)
      break
    case 'deliver':
      world.deliver(pick % (world.requests.length || 1), mood, keep)
      break
    case 'deliver-first':
      world.deliver(0, mood, keep)
      break
    case 'answer':
      world.deliverReply(pick % (world.replies.length || 1), keep)
      break
    case 'advance':
      world.advance(pick % 150)
      break
    case 'deadline':
      if (producerDeadline(world.session) < Number.POSITIVE_INFINITY)
        world.advance(Math.max(0, producerDeadline(world.session) - world.now))
      break
    case 'give-up':
      world.advance(world.session.options.deliveryTimeoutMs)
      break
    case 'identify':
      world.deliverInit()
      break
    case 'fail-identify':
      world.failInit()
      break
    case 'foreign':
      world.place(at).endOffset += 3
      break
    case 'lose':
      world.requests.splice(pick % (world.requests.length || 1), 1)
      break
    case 'lose-answer':
      world.replies.splice(pick % (world.replies.length || 1), 1)
      break
    case 'lose-all':
      world.requests.length = 0
      world.replies.length = 0
      break
    case 'move':
      world.moveLeader(at)
      break
    case 'refresh':
      world.refresh(at)
      break
    case 'forget':
      world.forget(at)
      break
    case 'again':
      if (world.unsure.length > 0) world.again(world.unsure[pick % world.unsure.length] as number)
  }
}

/** What was given up, and is found out if it is offered again: nothing has followed it, and nothing will rule it out. */
const resumable = (world: ProducerWorld): number[] =>
  world.session.chains.flatMap(({ sent, broken, gapAt, partition }) => {
    const given = sent.filter(({ live }) => !live).map(({ ticket }) => ticket)
    const soonForgotten = sent.some(({ firstSentAt }) => firstSentAt + world.session.options.resumeMs < world.now + 500)
    const ruledOut =
      broken || soonForgotten || gapAt < Number.POSITIVE_INFINITY || given.some((n) => world.ticket(n).tooLarge)
    return ruledOut || world.place(partition.partition).forgot ? [] : given
  })

describe('a producer, over any network', () => {
  it('writes once, in order, and says the truth', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(
        fc.array(action, { minLength: 10, maxLength: 150, size: 'max' }),
        fc.constantFrom(0, 0, 32_764, 32_766),
        fc.constantFrom(10_000, 2_500),
        fc.boolean(),
        fc.boolean(),
        (actions, firstEpoch, resumeMs, closes, lax) => {
          const world = new ProducerWorld(partitions, { firstEpoch, resumeMs, lax })
          for (const action of actions) {
            act(world, action)
            for (const { sent } of world.session.chains)
              if (sent.length > 10) throw new Error(`${sent.length} batches are kept`)
          }
          if (closes) world.step({ _tag: 'close', now: world.now, until: world.now + 300 })
          world.heal()
          if (closes && !world.closed) throw new Error('never closed')
          const again = resumable(world)
          for (const ticket of again) world.again(ticket)
          world.heal()
          for (const ticket of again) {
            seen.add('again')
            if (world.ticket(ticket).answer?._tag !== 'appended')
              throw new Error(`ticket ${ticket} was offered again in vain`)
          }
          if (!closes) {
            const last = [0, 1].map((at) => world.append(at, 1))
            world.heal()
            for (const ticket of last) expect(world.ticket(ticket).answer).toMatchObject({ _tag: 'appended' })
          }
          expect(world.violations()).toEqual([])
          for (const { answer } of world.tickets) seen.add(isUnsure(answer) ? 'unsure' : (answer?._tag ?? 'none'))
          for (const { entries } of world.places)
            for (const { epoch } of entries.values()) if (epoch !== firstEpoch && epoch !== 0) seen.add('epoch')
          if (world.places.some(({ forgot }) => forgot)) seen.add('forgot')
        },
      ),
      { endOnFailure: true, numRuns: 1000 },
    )
    expect([...seen].sort()).toEqual(['again', 'appended', 'epoch', 'failed', 'forgot', 'unsure'])
  })

  it('writes the whole of what a transaction commits, once and in order', () => {
    let committed = 0
    fc.assert(
      fc.property(
        fc.array(fc.oneof(action, fc.constant('end' as const)), { maxLength: 200, size: 'max' }),
        (actions) => {
          const world = new ProducerWorld(partitions, { transactional: true })
          world.nextTransaction()
          let first = 0
          const end = (): void => {
            const tickets = world.tickets.slice(first)
            if (tickets.every(({ answer }) => answer?._tag === 'appended')) {
              for (const [at, { written }] of world.places.entries()) {
                const lies = written.filter(({ epoch }) => epoch === world.epoch).map(({ ticket }) => ticket)
                expect(lies).toEqual(tickets.flatMap((ticket, n) => (ticket.at === at ? [first + n] : [])))
              }
              committed += tickets.length
            } else world.step({ _tag: 'abort', now: world.now })
            expect(world.underWay).toEqual([])
            first = world.tickets.length
            world.nextTransaction()
          }
          for (const action of actions) {
            if (action === 'end') end()
            else if (action.what !== 'forget') act(world, action)
          }
          world.heal()
          end()
          const last = [world.append(0, 2), world.append(0, 1), world.append(1, 1)]
          world.heal()
          for (const ticket of last) expect(world.ticket(ticket).answer).toMatchObject({ _tag: 'appended' })
          end()
          expect(world.broken).toEqual([])
        },
      ),
      { endOnFailure: true, numRuns: 300 },
    )
    expect(committed).toBeGreaterThan(0)
  })
})
