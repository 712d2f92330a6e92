/** One figure of a benchmark; beside a rival's, when there is one, measured in the same run. */
export interface Measurement {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** The rival, with its own figure in the same unit. */
  readonly against?: { readonly name: string; readonly value: number }
  /** How many times the rival's: more is better. */
  readonly ratio?: number
  /** The ratio to reach; without a rival, the value to reach, or to stay below. */
  readonly target?: number
  readonly met?: boolean
}

/** A figure beside its rival's, where more is better. */
export const compared = (figure: {
  readonly name: string
  readonly unit: string
  readonly value: number
  readonly against: { readonly name: string; readonly value: number }
  /** The median of the rounds' own ratios, since both sides of a round met the same machine. */
  readonly ratio: number
  readonly target?: number
}): Measurement => ({
  ...figure,
  ...(figure.target === undefined ? {} : { met: figure.ratio >= figure.target }),
})

interface Aimed {
  readonly name: string
  readonly unit: string
  readonly value: number
  readonly target: number
}

/** A figure without a rival, where more is better. */
export const atLeast = (figure: Aimed): Measurement => ({ ...figure, met: figure.value >= figure.target })

/** A figure without a rival, where less is better. */
export const below = (figure: Aimed): Measurement => ({ ...figure, met: figure.value < figure.target })

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

/** Records a second of `work`, which answers how many records it dealt with. */
export const rate = async (work: () => Promise<number> | number): Promise<number> => {
  const begin = performance.now()
  const records = await work()
  return (records / (performance.now() - begin)) * 1000
}

/**
 * Measures two sides in turns, so that a busy moment of the machine hits both, after one round to warm up.
 * Answers the medians, and the median of the rounds' ratios.
 *
 * The collector works when it wants to, as in a program: one that is asked for throws compiled code away too, and what
 * comes next is as slow as where a program has just begun.
 */
export const duel = async (o: {
  readonly rounds: number
  readonly ours: () => Promise<number>
  readonly theirs: () => Promise<number>
}): Promise<{ readonly ours: number; readonly theirs: number; readonly ratio: number }> => {
  const rounds: { readonly ours: number; readonly theirs: number }[] = []
  for (let round = 0; round <= o.rounds; round += 1) {
    const measured = { theirs: await o.theirs(), ours: await o.ours() }
    if (round > 0) rounds.push(measured)
  }
  return {
    ours: median(rounds.map(({ ours }) => ours)),
    theirs: median(rounds.map(({ theirs }) => theirs)),
    ratio: median(rounds.map(({ ours, theirs }) => ours / theirs)),
  }
}
