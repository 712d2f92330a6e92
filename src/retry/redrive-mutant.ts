import type { AnyTopic } from '../contracts/topic.ts'

/** A rule of redrives that is left out, so that tests can be shown to find it. */
export type RedriveMutant =
  /** That a record moved is noted in a transaction of its own, behind the one that moved it. */
  | 'note-apart'
  /** Who begins does not end the others. */
  | 'not-alone'

const planted = new WeakMap<AnyTopic, RedriveMutant>()

/** The same topic of letters, which are redriven without a rule. For tests. */
export const redrivenWithout = <T extends AnyTopic>(rule: RedriveMutant, letters: T): T => {
  const mutant = { ...letters }
  planted.set(mutant, rule)
  return mutant
}

export const missingOf = (letters: AnyTopic): RedriveMutant | undefined => planted.get(letters)
