import type { EngineFailure } from '../../contracts/failure.ts'
import type { TopicPartition } from '../../contracts/position.ts'
import { andThen, type Step } from '../step.ts'
import type { Chain, ChainStep, Downfall } from './producer-chain.ts'
import type { ProducerEffect, ProducerOptions } from './producer-messages.ts'
import { settled } from './producer-send.ts'
import type { GivenIdentity } from './transaction.ts'

/** An identity is asked for, or will be at `until` if it is not `sent`. */
export interface Asking {
  readonly attempt: number
  readonly until: number
  readonly sent: boolean
}

/** Plain data, never changed in place. */
export interface ProducerSession {
  readonly options: ProducerOptions
  /** With what a partition begins, unless it was begun before. */
  readonly identity: GivenIdentity | undefined
  readonly asking: Asking | undefined
  readonly chains: readonly Chain[]
  /** Why the present transaction takes nothing more. */
  readonly doomed: EngineFailure | undefined
  /** Infinity unless it is closing. */
  readonly closesAt: number
  /** Why nothing more is taken, ever. */
  readonly ended: EngineFailure | undefined
}

export type ProducerStep = Step<ProducerSession, ProducerEffect>

export const newProducer = (options: ProducerOptions): ProducerSession => ({
  options,
  identity: undefined,
  asking: undefined,
  chains: [],
  doomed: undefined,
  closesAt: Number.POSITIVE_INFINITY,
  ended: undefined,
})

export const samePartition = (a: TopicPartition, b: TopicPartition): boolean =>
  a.partition === b.partition && a.topic === b.topic

/** A change of one partition's chain. */
export interface ChainChange {
  readonly now: number
  readonly change: (chain: Chain) => ChainStep
  readonly fall: (session: ProducerSession, downfall: Downfall) => ProducerStep
}

/** What a change makes of the partition's chain, and what it may send then. */
export const inChain = (session: ProducerSession, partition: TopicPartition, change: ChainChange): ProducerStep => {
  const at = session.chains.findIndex((chain) => samePartition(chain.partition, partition))
  return inChainAt(session, at, change)
}

/** The same for each partition; a fall leaves none. */
export const inEachChain = (session: ProducerSession, change: ChainChange): ProducerStep => {
  let step: ProducerStep = [session, []]
  for (const at of session.chains.keys()) step = andThen(step, (after) => inChainAt(after, at, change))
  return step
}

const inChainAt = (session: ProducerSession, at: number, { now, change, fall }: ChainChange): ProducerStep => {
  const chain = session.chains[at]
  if (chain === undefined) return [session, []]
  const [changed, effects, downfall] = change(chain)
  if (downfall !== undefined) {
    const fallen: ProducerStep = [{ ...session, chains: session.chains.with(at, changed) }, effects]
    return andThen(fallen, (after) => fall(after, downfall))
  }
  const [after, sends] = settled(changed, session.options, { now, identity: session.identity })
  if (after === chain && effects.length === 0 && sends.length === 0) return [session, []]
  return [{ ...session, chains: session.chains.with(at, after) }, effects.length === 0 ? sends : [...effects, ...sends]]
}
