import { story } from './report/timeline.ts'
import type { Outcome, Plan } from './simulation/plan.ts'

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

/** A failing run, for a person to read. */
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
  const promises = outcome.violations.map(({ message }) => message)
  const size = `${counted(plan.input.length, 'record')}, ${counted(plan.faults.length, 'fault')}, ${counted(plan.instances, 'instance')}`
  const where =
    found === undefined
      ? `replayed: ${size}`
      : `found in run ${found.run} of ${found.of} (seed ${found.seed}), made smaller ${counted(found.shrunk, 'time')}: ${size}`
  return [
    ...promises,
    '',
    ...story(outcome, { lines: 45 }),
    '',
    where,
    ...(diagram === undefined ? [] : [`drawn in ${diagram}`]),
    `replay it with: deliverySemantics({ …, replay: '${replay}' })`,
  ].join('\n')
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
