/** A promise that was not kept. */
export interface Anomaly {
  readonly program: string
  readonly message: string
  readonly replay: string
}

/** What has come of the runs so far; plain data. */
export interface Tally {
  readonly runs: number
  readonly steps: number
  readonly virtualMs: number
  readonly anomalies: readonly Anomaly[]
  /** In how many batches of runs each situation was come into. */
  readonly reached: Readonly<Record<string, number>>
  readonly mutants: number
  readonly mutantsCaught: number
  /** Those that were not. */
  readonly uncaught: readonly string[]
}

export const emptyTally: Tally = {
  runs: 0,
  steps: 0,
  virtualMs: 0,
  anomalies: [],
  reached: {},
  mutants: 0,
  mutantsCaught: 0,
  uncaught: [],
}

/** Both together. */
export const sum = (a: Tally, b: Tally): Tally => {
  const reached: Record<string, number> = { ...a.reached }
  for (const [goal, times] of Object.entries(b.reached)) reached[goal] = (reached[goal] ?? 0) + times
  return {
    runs: a.runs + b.runs,
    steps: a.steps + b.steps,
    virtualMs: a.virtualMs + b.virtualMs,
    anomalies: [...a.anomalies, ...b.anomalies],
    reached,
    mutants: a.mutants + b.mutants,
    mutantsCaught: a.mutantsCaught + b.mutantsCaught,
    uncaught: [...a.uncaught, ...b.uncaught],
  }
}

const number = (value: number): string => Math.round(value).toLocaleString('en-US')
const dayMs = 86_400_000

/** In a line. */
export const shown = ({ runs, steps, virtualMs, anomalies, mutants, mutantsCaught }: Tally): string =>
  [
    `runs ${number(runs)}`,
    `steps ${number(steps)}`,
    `virtual days ${(virtualMs / dayMs).toFixed(1)}`,
    `anomalies ${anomalies.length}`,
    `mutants caught ${mutantsCaught} of ${mutants}`,
  ].join(', ')
