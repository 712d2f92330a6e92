import { originalOf } from '../../codec/dead-letter.ts'
import type { Letter } from '../../retry/letters.ts'
import { oneLine, readableJson, readableLine } from '../readable.ts'
import { shownTime } from '../shown-time.ts'
import type { Column } from '../table.ts'

export const letterColumns: readonly Column[] = [
  { heading: 'LETTER' },
  { heading: 'GIVEN-UP' },
  { heading: 'PIPELINE' },
  { heading: 'ORIGIN' },
  { heading: 'KEY' },
  { heading: 'CAME-BACK', isNumber: true },
  { heading: 'REDRIVEN' },
  { heading: 'REASON' },
]

const keyCharacters = 32
const reasonCharacters = 80

/** A letter on a line, for a person. */
export const letterRow = (one: Letter): readonly string[] => {
  const { id, timestamp, letter, redriven, isMoved } = one
  return [
    id,
    shownTime(timestamp),
    letter.pipeline,
    originOf(one),
    readableLine(originalOf(letter).key, keyCharacters),
    String(redriven),
    isMoved ? 'yes' : 'no',
    oneLine(letter.reason, reasonCharacters),
  ]
}

/** The same for a program. */
export const letterDocument = (one: Letter): Readonly<Record<string, unknown>> => {
  const { id, timestamp, letter, redriven, isMoved } = one
  return {
    letter: id,
    givenUp: timestamp,
    pipeline: letter.pipeline,
    origin: originOf(one),
    key: readableJson(originalOf(letter).key),
    error: letter.error.name,
    reason: letter.reason,
    redriven,
    moved: isMoved,
  }
}

/** Where its record was read. */
export const originOf = ({ letter: { source } }: Letter): string =>
  `${source.topic}-${source.partition}-${source.offset}`
