import { given, requireFunction } from '../../codec/arguments.ts'
import { refuseUnknownOptions } from '../../codec/known-options.ts'
import { checkCount } from '../../codec/option-values.ts'
import type { EngineFeature } from '../../contracts/engine.ts'
import { append } from './append.ts'
import { closing } from './closing.ts'
import { fetch } from './fetch.ts'
import { groups } from './groups.ts'
import { histories } from './histories.ts'
import { holdToLaw, type LawOutcome } from './hold-to-law.ts'
import type { Law } from './law.ts'
import { offsets } from './offsets.ts'
import { persistence } from './persistence.ts'
import type { ConformanceOptions } from './subject.ts'
import { topics } from './topics.ts'
import { transactions } from './transactions.ts'

/** One law of the suite. */
export interface EngineLaw {
  /** What it is about: `topics`, `append`, `transactions`, `after a kill`, … */
  readonly area: string
  /** What holds, without its area: `are not created twice`. */
  readonly title: string
  /** Both, `topics: are not created twice`. No two laws have one name. */
  readonly name: string
  /** Features without which it says nothing about an engine. */
  readonly needs: readonly EngineFeature[]
  /**
   * Opens an engine, holds it to the law, and disposes of it.
   *
   * **Errors** rejects with `LawBroken`, which says what was expected and got, or what was waited for in vain; with what
   * `open` rejects with.
   */
  readonly run: () => Promise<LawOutcome>
}

const areas: readonly (readonly [area: string, laws: readonly Law[]])[] = [
  ['topics', topics],
  ['append', append],
  ['fetch', fetch],
  ['offsets', offsets],
  ['transactions', transactions],
  ['groups', groups],
  ['a closed engine', closing],
  ['after a close', persistence('close')],
  ['after a kill', persistence('kill')],
  ['histories', histories],
]

/** How many random programs the law of histories plays where nothing is said. */
const runsDefault = 60
const limitDefaultMs = 30_000

/**
 * What every engine owes to those who use it through the port, law by law. Run them with whatever runs your tests, or
 * hand that to `describeConformance`.
 *
 * **Guarantees** each law opens an engine and disposes of it, whatever happens. They share nothing, so that they may run
 * in any order, and side by side. What an engine lacks it declares in its `features`, with the reason: the laws that need
 * it are left out, and say so.
 *
 * **Needs** fast-check, which draws the programs of the law of histories.
 *
 * **Errors** throws a `TypeError` for options that make no sense.
 */
export const engineConformance = (options: ConformanceOptions): readonly EngineLaw[] => {
  const what = 'engineConformance(…)'
  refuseUnknownOptions(what, options, ['open', 'runs', 'prefix', 'limitMs'])
  const { open, runs = runsDefault, prefix = '', limitMs = limitDefaultMs } = options
  requireFunction(`${what}: open`, 'a function that opens an engine', open, 'open: async () => ({ engine, … })')
  checkCount(what, 'runs', runs, 1)
  checkCount(what, 'limitMs', limitMs, 1)
  if (typeof prefix !== 'string') throw new TypeError(`${what}: prefix is a text, and not ${given(prefix)}`)
  let count = 0
  return areas.flatMap(([area, laws]) =>
    laws.map((law) => {
      count += 1
      const mark = `${count}`
      const { title, needs } = law
      const name = `${area}: ${title}`
      const unique = (word: string) => `${prefix}${word}-${mark}`
      return { area, title, name, needs, run: () => holdToLaw({ name, law, open, unique, runs, limitMs }) }
    }),
  )
}
