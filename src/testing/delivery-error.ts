import { story } from './report/story.ts'
import type { Outcome, Plan, Violation } from './simulation/plan.ts'

/** A promise that was not kept: what, how it came about, and how to see it again. */
export class DeliveryError extends Error {
  readonly _tag = 'DeliveryError'
  override readonly name = 'DeliveryError'
  readonly outcome: Outcome
  /** Makes the run again: `deliverySemantics({ …, replay })`. */
  readonly replay: string

  constructor(message: string, outcome: Outcome, replay: string) {
    super(message)
    this.outcome = outcome
    this.replay = replay
  }
}

export interface Found {
  readonly run: number
  readonly of: number
  readonly seed: number
  readonly shrunk: number
}

/** How many promises that were not kept are told, and in how many lines each. */
const violationsMax = 5
const violationLinesMax = 12
/** So that all of it is on one screen of a terminal. */
const storyLinesMax = 30

/**
 * A failing run, for a person to read: what was promised and not kept, how it came about, and how to see it again.
 *
 * Its length does not depend on that of the run: what is not told is counted.
 */
export const counterexample = ({
  plan,
  outcome,
  replay,
  found,
  diagram,
}: {
  readonly plan: Plan
  readonly outcome: Outcome
  readonly replay: string
  readonly found?: Found
  /** Where the run was drawn. */
  readonly diagram?: string | undefined
}): string => {
  const size = `${counted(plan.input.length, 'record')}, ${counted(plan.faults.length, 'fault')}, ${counted(plan.instances, 'instance')}`
  const where =
    found === undefined
      ? `replayed: ${size}`
      : `found in run ${found.run} of ${found.of} (seed ${found.seed}), made smaller ${counted(found.shrunk, 'time')}: ${size}`
  return [
    ...broken(outcome.violations),
    '',
    ...story(outcome, { lines: storyLinesMax }),
    '',
    where,
    ...(diagram === undefined ? [] : [`drawn in ${diagram}`]),
    `replay it with: deliverySemantics({ …, replay: '${replay}' })`,
  ].join('\n')
}

const broken = (violations: readonly Violation[]): readonly string[] => {
  const told = violations.slice(0, violationsMax).flatMap(({ message }) => {
    const lines = message.split('\n')
    const left = lines.length - violationLinesMax
    return left > 0 ? [...lines.slice(0, violationLinesMax), `  … and ${counted(left, 'more line')}`] : lines
  })
  const left = violations.length - violationsMax
  return left > 0 ? [...told, `… and ${left} more that were violated`] : told
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
