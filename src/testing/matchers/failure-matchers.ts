import { given, requireTopic } from '../../codec/arguments.ts'
import type { AnyTopic } from '../../contracts/topic.ts'
import { DeliveryError } from '../delivery-error.ts'
import { type MatcherResult, matcherResult } from './matcher-result.ts'

/** A run of `deliverySemantics` has found that a promise is not kept, of `topic` where one is named. */
export const toBreak = (received: unknown, promise: string, topic?: AnyTopic): MatcherResult => {
  const call = 'expect(…).toBreak(…)'
  if (typeof promise !== 'string')
    throw new TypeError(`${call} takes the name of a promise, and not ${given(promise)}: write toBreak('exactlyOnce')`)
  if (topic !== undefined) requireTopic(call, topic)
  const wanted = topic === undefined ? promise : `${promise}('${topic.name}')`
  if (!(received instanceof DeliveryError))
    return matcherResult(`nothing was found that breaks ${wanted}, but ${told(received)}`, '')
  const { violations } = received.outcome
  const isBroken = violations.some(
    ({ kind, message }) => kind === promise && (topic === undefined || message.startsWith(wanted)),
  )
  return matcherResult(
    isBroken ? undefined : `${wanted} is not what is broken, but:\n${received.message}`,
    `${wanted} is broken, and was not to be:\n${received.message}`,
  )
}

const told = (received: unknown): string =>
  received instanceof Error ? `${received.name}: ${received.message}` : given(received)
