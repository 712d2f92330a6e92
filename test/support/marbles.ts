import { type RunHelpers, TestScheduler } from 'rxjs/testing'
import { expect } from 'vitest'

/** Runs `test` in virtual time, where a marble is a millisecond; values are compared as `toEqual` does. */
export const marbles = (test: (run: RunHelpers) => void): void =>
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(test)
