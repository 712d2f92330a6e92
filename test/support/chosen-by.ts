import type { Choose } from '../../src/testing/forgetful-disk/choose.ts'

/** Chooses by `random`, uniform over [0, 1). */
export const chosenBy =
  (random: () => number): Choose =>
  (options, chance) => {
    const uniform = random()
    return uniform >= chance || options < 2 ? 0 : 1 + Math.floor((uniform / chance) * (options - 1))
  }
