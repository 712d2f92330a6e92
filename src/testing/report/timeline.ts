import type { Outcome, Violation } from '../simulation/plan.ts'
import { abridge } from './abridge.ts'
import { type Beat, beatsOf } from './beats.ts'
import { isDoubled, isUnheard, type Message, type MessageKind, messageKinds, messagesOf } from './messages.ts'
import { type Paint, painted, plain } from './paint.ts'
import type { StoryLine } from './story-line.ts'
import { virtualTime } from './virtual-time.ts'

export interface TimelineOptions {
  /** How many lines the story may take. Default: 50. */
  readonly lines?: number
  /** Longer lines of the story are cut. Default: 130. */
  readonly width?: number
  /** With ANSI colours. Default: without. */
  readonly colour?: boolean
  readonly seed?: number
  /** The line with which the run can be made again. */
  readonly replay?: string
  /** Where the diagram of the run was written. */
  readonly diagram?: string
}

/**
 * A run for a person to read in a terminal: what was promised and not kept, how it came about, and how to see it again.
 *
 * Its length does not depend on that of the run: what is not told is counted.
 */
export const timeline = (outcome: Outcome, options: TimelineOptions = {}): string => {
  const paint = options.colour === true ? painted : plain
  return [
    ...verdict(outcome.violations, paint),
    '',
    ...story(outcome, options),
    '',
    ...epilogue(outcome, options).map((line) => paint.dim(line)),
    ...again(options),
  ].join('\n')
}

/** Only what happened: a line each, in columns. */
export const story = (
  { trace }: Pick<Outcome, 'trace'>,
  { lines: linesMax = 50, width = 130, colour = false }: TimelineOptions = {},
): readonly string[] => {
  const lines = abridge(beatsOf(trace), linesMax)
  if (lines.length === 0) return ['nothing was kept of what happened: make the run again with its trace']
  const paint = colour ? painted : plain
  const whoWidth = Math.max(...lines.map(({ who }) => who.length))
  return lines.map((line) => {
    const room = Math.max(20, width - timeWidth - whoWidth - 5)
    const time = virtualTime(line.at).padStart(timeWidth)
    return `${paint.dim(time)} ${shade(line, paint)(`${mark(line)} ${line.who.padEnd(whoWidth)}  ${fit(line.what, room)}`)}`.trimEnd()
  })
}

const timeWidth = 9

const violationsMax = 5
const violationLinesMax = 12

const verdict = (violations: readonly Violation[], paint: Paint): readonly string[] => {
  if (violations.length === 0) return ['every promise was kept']
  const shown = violations.slice(0, violationsMax).flatMap(({ kind, message }) => {
    const [first = '', ...others] = message.split('\n')
    const rest = others.slice(0, violationLinesMax - 1)
    if (others.length > rest.length) rest.push(`  … and ${others.length - rest.length} lines more`)
    return [paint.red(`✗ ${kind}: ${first}`), ...rest]
  })
  const left = violations.length - violationsMax
  return left > 0 ? [...shown, `… and ${left} more that were violated`] : shown
}

const mark = ({ about }: Beat): string => {
  if (about === 'violation') return '✗'
  if (about === 'fault') return '↯'
  return about === 'process' ? '●' : ' '
}

const shade = ({ about, who }: StoryLine, paint: Paint): ((text: string) => string) => {
  if (about === 'violation') return paint.red
  if (about === 'fault' || about === 'network') return paint.yellow
  if (about === 'process') return paint.bold
  return who === '…' ? paint.dim : paint.none
}

const fit = (text: string, room: number): string => {
  const [line = ''] = text.split('\n')
  return line.length <= room ? line : `${line.slice(0, room - 1)}…`
}

/** What is not in the story, by number. */
const epilogue = ({ trace, hash, steps, virtualMs }: Outcome, { diagram }: TimelineOptions): readonly string[] => {
  const messages = messagesOf(trace)
  const of = (kinds: readonly MessageKind[]) => messages.filter(({ kind }) => kinds.includes(kind)).length
  const quiet: readonly MessageKind[] = ['replication', 'heartbeats', 'metadata']
  const kinds = [
    [of(quiet), 'replication, heartbeats and metadata'] as const,
    ...messageKinds.filter((kind) => !quiet.includes(kind)).map((kind) => [of([kind]), kind] as const),
  ]
  const sent = kinds.filter(([count]) => count > 0).map(([count, kind]) => `${count} of ${kind}`)
  return [
    `… messages: ${sent.length === 0 ? 'none' : sent.join(', ')}${mishaps(messages)}`,
    `${steps} steps in ${virtualTime(virtualMs)} of virtual time, trace ${hash}`,
    ...(diagram === undefined ? [] : [`drawn in ${diagram}`]),
  ]
}

const mishaps = (messages: readonly Message[]): string => {
  const counted = [
    [messages.filter(({ lost }) => lost !== undefined).length, 'lost'],
    [messages.filter(isDoubled).length, 'heard twice'],
    [messages.filter(isUnheard).length, 'not heard by who was dead'],
  ] as const
  const some = counted.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`)
  return some.length === 0 ? '' : `; of them ${some.join(', ')}`
}

/** Each on a line of its own, to be copied. */
const again = ({ seed, replay }: TimelineOptions): readonly string[] => [
  ...(seed === undefined ? [] : [`seed: ${seed}`]),
  ...(replay === undefined ? [] : [`replay: '${replay}'`]),
]
