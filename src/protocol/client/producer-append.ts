import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import { partitionName, type TopicPartition } from '../../contracts/position.ts'
import { lastUsableEpoch } from '../broker/transaction-state.ts'
import { type Chain, failed, isIdle, newChain, replaced, reply, type SentBatch, unknowable } from './producer-chain.ts'
import { closed, fallen } from './producer-ending.ts'
import type { AppendCommand } from './producer-messages.ts'
import { inChain, type ProducerSession, type ProducerStep, samePartition } from './producer-session.ts'

/** Whether another batch of `bytes` bytes fits. With nothing under way any does. */
export const hasRoom = ({ options, chains }: ProducerSession, bytes: number): boolean => {
  let kept = 0
  for (const { sent, queue } of chains) {
    for (const batch of sent) if (batch.held) kept += batch.bytes
    for (const batch of queue) kept += batch.bytes
  }
  return kept === 0 || kept + bytes <= options.bufferBytes
}

export const append = (session: ProducerSession, command: AppendCommand): ProducerStep =>
  command.again ? appendAgain(session, command) : appendNew(session, command)

const appendNew = (session: ProducerSession, command: AppendCommand): ProducerStep => {
  const { ticket, partition, now, records, bytes } = command
  const barrier = refusalOf(session)
  if (barrier !== undefined) return [session, [failed(ticket, barrier)]]
  if (!hasRoom(session, bytes)) {
    throw new Error(
      `broken invariant: ${partitionName(partition)} was offered ${bytes} bytes while no more than ${session.options.bufferBytes} may wait: ask hasRoom first`,
    )
  }
  const batch = { ticket, records, bytes, deadline: now + session.options.deliveryTimeoutMs, attempts: 0 }
  return inChain(withChain(session, partition), partition, {
    now,
    change: (chain) => [{ ...chain, queue: [...chain.queue, batch] }, []],
    fall: fallen,
  })
}

/** It goes on where it was given up, if nothing else has followed it. */
const appendAgain = (session: ProducerSession, { ticket, partition, now }: AppendCommand): ProducerStep => {
  const { options } = session
  const chain = session.chains.find((other) => samePartition(other.partition, partition))
  const before = chain?.sent.find((batch) => batch.ticket === ticket)
  if (before?.live === true || chain?.queue.some((batch) => batch.ticket === ticket)) return [session, []]
  if (before?.place !== undefined) return [session, [reply(ticket, { _tag: 'appended', ...before.place })]]
  const barrier = refusalOf(session)
  if (barrier !== undefined) return [session, stillUnsure(ticket, barrier, before)]
  if (before === undefined || before.firstSentAt + options.resumeMs <= now) {
    const why =
      'others came after it, or too much time: nobody can tell any longer whether it is in the log; look there'
    return [session, stillUnsure(ticket, unknowable(partition, why), before)]
  }
  const deadline = Math.min(now + options.deliveryTimeoutMs, before.firstSentAt + options.resumeMs)
  return inChain(session, partition, { now, change: (chain) => [resumed(chain, before, deadline), []], fall: fallen })
}

const resumed = (chain: Chain, batch: SentBatch, deadline: number): Chain =>
  replaced(chain, { ...batch, deadline, live: true, held: true })

const stillUnsure = (ticket: number, failure: EngineFailure, before: SentBatch | undefined): ProducerStep[1] => {
  const answer = failed(ticket, failure, true)
  return before?.held === true ? [answer] : [answer, { _tag: 'release', ticket }]
}

const refusalOf = ({ options, identity, doomed, ended, closesAt }: ProducerSession): EngineFailure | undefined => {
  if (ended !== undefined) return ended
  if (closesAt !== Number.POSITIVE_INFINITY) return closed
  if (!options.transactional || identity !== undefined) return undefined
  return (
    doomed ?? engineFailure('invalid-transaction-state', 'nothing may be appended outside of a transaction: begin one')
  )
}

/** Idle partitions are forgotten when there are too many, and begin again above any epoch that their brokers know. */
const withChain = (session: ProducerSession, partition: TopicPartition): ProducerSession => {
  const { options, chains, identity } = session
  if (chains.some((chain) => samePartition(chain.partition, partition))) return session
  if (options.transactional || chains.length < options.maxPartitions) {
    return { ...session, chains: [...chains, newChain(partition, identity, options)] }
  }
  const raised = identity === undefined ? undefined : aboveIdle(chains, identity)
  return {
    ...session,
    identity: raised,
    chains: [...chains.filter((chain) => !isIdle(chain)), newChain(partition, raised, options)],
  }
}

const aboveIdle = (
  chains: readonly Chain[],
  { producerId, epoch }: NonNullable<ProducerSession['identity']>,
): ProducerSession['identity'] => {
  let above = epoch
  for (const chain of chains) {
    if (isIdle(chain) && chain.identity?.producerId === producerId) above = Math.max(above, chain.identity.epoch + 1)
  }
  return above > lastUsableEpoch ? undefined : { producerId, epoch: above }
}
