import { requireFunction } from '../../codec/arguments.ts'
import { engineConformance } from './engine-conformance.ts'
import type { ConformanceOptions } from './subject.ts'

/**
 * What declares tests: `{ describe, it }` of Vitest, `node:test`, Mocha, Jest, or whatever works alike. Where `it` hands
 * its function a context with a `skip`, a law that is left out is skipped with the engine's reason.
 */
export interface TestRunner {
  readonly describe: (name: string, declare: () => void) => unknown
  readonly it: (name: string, run: (context?: unknown) => Promise<void>) => unknown
}

/**
 * Declares a test for each law of {@link engineConformance}, by area.
 *
 * **Needs** a test runner whose tests may skip themselves (Vitest, `node:test`, Mocha); in others a law that is left out
 * counts as passed: run `engineConformance` by hand there to see which.
 *
 * **Errors** throws a `TypeError` for options that make no sense.
 */
export const describeConformance = (runner: TestRunner, name: string, options: ConformanceOptions): void => {
  const { describe, it } = runner
  requireFunction('describeConformance(…): describe', 'what declares a group of tests', describe, '{ describe, it }')
  requireFunction('describeConformance(…): it', 'what declares a test', it, '{ describe, it }')
  const laws = engineConformance(options)
  describe(`conformance of ${name}`, () => {
    for (const [area, some] of Map.groupBy(laws, (law) => law.area))
      describe(area, () => {
        // no parameter that counts: for one, Jest and Mocha wait until it is called
        for (const { title, run } of some)
          it(title, async function (this: unknown, ...contexts: readonly unknown[]) {
            const outcome = await run()
            if (outcome._tag === 'left-out') [contexts[0], this].find(isSkippable)?.skip(outcome.why)
          })
      })
  })
}

/** Vitest's is a function with properties. */
const isSkippable = (context: unknown): context is { readonly skip: (why: string) => void } =>
  ((typeof context === 'object' && context !== null) || typeof context === 'function') &&
  'skip' in context &&
  typeof context.skip === 'function'
