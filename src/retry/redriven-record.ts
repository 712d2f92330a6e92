import { fromBase64 } from '../codec/base-64.ts'
import { type DeadLetter, originalOf, type RawRecord } from '../codec/dead-letter.ts'
import { redrivenHeaders, redrivenIn } from '../protocol/retry/redriven-headers.ts'

/** How often the record of `letter` came back before it became this one. */
export const redrivenOf = ({ record: { headers }, source }: DeadLetter): number =>
  // asked of each letter, most of which go nowhere: their values are left as they are
  headers.length === 0
    ? 0
    : redrivenIn(new Map(headers.map(({ name, value }) => [name, fromBase64(value)])), source.topic)

/** The record of `letter` as it goes back: as it was, and with one more on its count. */
export const redrivenRecord = (letter: DeadLetter): RawRecord => {
  const original = originalOf(letter)
  return { ...original, headers: redrivenHeaders(original.headers, letter.source) }
}
