import type { Letter } from '../../retry/letters.ts'
import { shownTime } from '../shown-time.ts'
import { type Column, table } from '../table.ts'

/** How many letters share a pipeline, an origin and a class of error. */
export interface LetterCount {
  letters: number
  readonly pipeline: string
  readonly origin: string
  readonly error: string
  /** When the first and the last were given up. */
  first: number
  last: number
}

/** So many are told apart: what has more has something else in place of classes. */
const countsMax = 1_000

/** Counts letters by what gave them up, where they were read, and why. */
export class LetterCounts {
  readonly #counts = new Map<string, LetterCount>()

  add({ timestamp, letter }: Letter): void {
    const named = [letter.pipeline, letter.source.topic, letter.error.name] as const
    const isNew = !this.#counts.has(JSON.stringify(named))
    const [pipeline, origin, error] = isNew && this.#counts.size >= countsMax ? others : named
    const name = JSON.stringify([pipeline, origin, error])
    const count = this.#counts.get(name) ?? { letters: 0, pipeline, origin, error, first: timestamp, last: timestamp }
    count.letters += 1
    count.first = Math.min(count.first, timestamp)
    count.last = Math.max(count.last, timestamp)
    this.#counts.set(name, count)
  }

  /** The most first. */
  get counts(): readonly LetterCount[] {
    return [...this.#counts.values()].sort((a, b) => b.letters - a.letters)
  }
}

const others = ['(others)', '(others)', '(others)'] as const

const columns: readonly Column[] = [
  { heading: 'LETTERS', isNumber: true },
  { heading: 'PIPELINE' },
  { heading: 'ORIGIN' },
  { heading: 'ERROR' },
  { heading: 'FIRST' },
  { heading: 'LAST' },
]

export const countTable = (counts: readonly LetterCount[]): string =>
  table(
    columns,
    counts.map(({ letters, pipeline, origin, error, first, last }) => [
      String(letters),
      pipeline,
      origin,
      error,
      shownTime(first),
      shownTime(last),
    ]),
  )
