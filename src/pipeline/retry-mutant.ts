import type { RetryLaterPolicy } from './retry-later.ts'

/** A rule of ordered retries that is left out, so that tests can be shown to find it. */
export type RetryMutant =
  /** Later records of a parked key do not wait. */
  | 'retry-before-order'
  /** Any token of a parked key is taken for the live one. */
  | 'token-unmatched'
  /** What waits is not written with the offset that passes it. */
  | 'parked-apart'

const planted = new WeakMap<RetryLaterPolicy, RetryMutant>()

/** The same policy without a rule. For tests. */
export const withoutRule = (rule: RetryMutant, policy: RetryLaterPolicy): RetryLaterPolicy => {
  const mutant = { ...policy }
  planted.set(mutant, rule)
  return mutant
}

export const ruleMissingIn = (policies: readonly RetryLaterPolicy[]): RetryMutant | undefined =>
  policies.map((policy) => planted.get(policy)).find((rule) => rule !== undefined)
