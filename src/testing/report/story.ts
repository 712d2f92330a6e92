import type { Outcome } from '../simulation/plan.ts'
import { abridge } from './abridge.ts'
import type { Beat } from './beat.ts'
import { beatsOf } from './beats.ts'
import { virtualTime } from './virtual-time.ts'

export interface StoryOptions {
  /** How many lines it may take. Default: 50. */
  readonly lines?: number
  /** Longer lines are cut. Default: 130. */
  readonly width?: number
}

/**
 * What happened in a run, for a person to read in a terminal: a line each, in columns.
 *
 * Its length does not depend on that of the run: what is not told is counted.
 */
export const story = (
  { trace }: Pick<Outcome, 'trace'>,
  { lines: linesMax = 50, width = 130 }: StoryOptions = {},
): readonly string[] => {
  const lines = abridge(beatsOf(trace), linesMax)
  if (lines.length === 0) return ['nothing was kept of what happened: make the run again with its trace']
  const whoWidth = Math.max(...lines.map(({ who }) => who.length))
  const room = Math.max(20, width - timeWidth - whoWidth - 5)
  return lines.map((line) => {
    const time = virtualTime(line.at).padStart(timeWidth)
    return `${time} ${mark(line)} ${line.who.padEnd(whoWidth)}  ${fit(line.what, room)}`.trimEnd()
  })
}

const timeWidth = 9

const mark = ({ about }: Beat): string => {
  if (about === 'violation') return '✗'
  if (about === 'fault') return '↯'
  return about === 'process' ? '●' : ' '
}

const fit = (text: string, room: number): string => {
  const [line = ''] = text.split('\n')
  return line.length <= room ? line : `${line.slice(0, room - 1)}…`
}
