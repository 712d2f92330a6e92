import { type DeadLetter, originalOf, type RawRecord } from '../codec/dead-letter.ts'
import { redrivenHeaders, redrivenIn } from '../protocol/retry/redriven-headers.ts'

/** How often the record of `letter` came back before it became this one. */
export const redrivenOf = (letter: DeadLetter): number => redrivenIn(originalOf(letter).headers, letter.source.topic)

/** The record of `letter` as it goes back: as it was, and with one more on its count. */
export const redrivenRecord = (letter: DeadLetter): RawRecord => {
  const original = originalOf(letter)
  return { ...original, headers: redrivenHeaders(original.headers, letter.source) }
}
