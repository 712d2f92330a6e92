import type { AnyDelayed } from '../contracts/delayed.ts'

/** A rule of the mover that is left out, so that tests can be shown to find it. */
export type MoverMutant =
  /** Jobs are let go a little before they are due. */
  | 'fired-early'
  /** What is due is not held back until the commands before are read. */
  | 'cancel-unread'
  /** A cancellation that comes before what it cancels is forgotten. */
  | 'cancel-ahead-lost'
  /** What is due later does not wait for what is due before it and still on its way. */
  | 'out-of-turn'

const planted = new WeakMap<AnyDelayed, MoverMutant>()

/** The same delayed, which is moved without a rule. For tests. */
export const without = <D extends AnyDelayed>(rule: MoverMutant, delayed: D): D => {
  const mutant = { ...delayed }
  planted.set(mutant, rule)
  return mutant
}

export const plantedIn = (delayed: AnyDelayed): MoverMutant | undefined => planted.get(delayed)
