import type { AnyTopic } from '../../src/index.ts'
import type { DeliverySemantics } from '../../src/testing/index.ts'

/** What is run, and what is promised of it; not how often, under what, nor from which seed. */
type Promised<T extends readonly AnyTopic[]> = Omit<
  DeliverySemantics<T>,
  'faults' | 'runs' | 'seed' | 'replay' | 'shrink'
>

/** A program that is run under faults, and what is promised of it. */
export interface Program {
  readonly name: string
  readonly options: Promised<readonly AnyTopic[]>
}

/** A program of its own topics; their types are checked here. */
export const program = <const T extends readonly AnyTopic[]>(name: string, options: Promised<T>): Program => ({
  name,
  options: options as unknown as Promised<readonly AnyTopic[]>,
})
