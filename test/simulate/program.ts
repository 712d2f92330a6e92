import type { AnyTopic } from '../../src/index.ts'
import type { DeliverySemantics, FaultName } from '../../src/testing/index.ts'

/** What is run, and what is promised of it; not how often, under what, nor from which seed. */
type Promised<T extends readonly AnyTopic[]> = Omit<
  DeliverySemantics<T>,
  'faults' | 'runs' | 'seed' | 'replay' | 'shrink'
>

/** A program that is run under faults, and what is promised of it. */
export interface Program extends RunWith {
  readonly name: string
  readonly options: Promised<readonly AnyTopic[]>
}

/** How a program is run. */
export interface RunWith {
  /** Faults under which something else is right: who sets a clock, sets when a job is due. */
  readonly spared?: readonly FaultName[]
  /** How many runs are made of it before it is the next one's turn; 10 where nothing is said. */
  readonly batchRuns?: number
}

/** A program of its own topics; their types are checked here. */
export const program = <const T extends readonly AnyTopic[]>(
  name: string,
  options: Promised<T>,
  runWith: RunWith = {},
): Program => ({
  ...runWith,
  name,
  options: options as unknown as Promised<readonly AnyTopic[]>,
})
