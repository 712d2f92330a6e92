import type { TraceEntry } from '../../engines/simulated/world/trace.ts'
import type { Beat } from './beat.ts'
import { isDoubled, isUnheard, type Message, type MessageKind, messagesOf } from './messages.ts'
import { virtualTime } from './virtual-time.ts'
import { writtenAtOnce } from './written-at-once.ts'

/** Of these it is told what became of each: others are asked again as a matter of course. */
const toldKinds: ReadonlySet<MessageKind> = new Set(['records', 'transactions', 'groups'])

/** The story of a run, in order: what processes did, what befell them and their messages, and what was violated. */
export const beatsOf = (trace: readonly TraceEntry[]): readonly Beat[] => {
  const beats: Beat[] = messagesOf(trace).flatMap(mishap)
  let now = 0
  for (const entry of trace) {
    // a judge looks at what is over, and may not say when it was
    now = Math.max(now, entry.at)
    if (entry._tag === 'happened') beats.push(happening(entry))
    else if (entry._tag === 'violated') beats.push({ at: now, about: 'violation', who: 'violated', what: entry.what })
    else if (entry._tag === 'fault') beats.push(...faultBeats(entry))
  }
  // sorting is stable: of the same time stays in order what was told in order
  return writtenAtOnce(beats.sort((a, b) => a.at - b.at)).map((beat, order) => ({ ...beat, order }))
}

/** Beats, and lines that begin with one, as they came. */
export const inOrder = (a: Beat, b: Beat): number => a.at - b.at || (a.order ?? 0) - (b.order ?? 0)

/** In the end the harness reads everything, to judge it. */
const happening = ({ at, about, process: who, what }: Extract<TraceEntry, { _tag: 'happened' }>): Beat => {
  const isJudges = who === 'supervisor' && what.startsWith('reads ')
  return { at, about, who, what, ...(isJudges ? { isImplied: true } : {}) }
}

const faultBeats = ({ at, what, processes, until }: Extract<TraceEntry, { _tag: 'fault' }>): readonly Beat[] => {
  const whom = processes.length === 0 ? '' : ` (${processes.join(', ')})`
  if (until === undefined) return [{ at, about: 'fault', who: 'fault', what: `${what}${whom}` }]
  return [
    { at, about: 'fault', who: 'fault', what: `${what}${whom}, until ${virtualTime(until)}` },
    { at: until, about: 'fault', who: 'fault', what: `over: ${what}${whom}`, isImplied: true },
  ]
}

const mishap = (message: Message): readonly Beat[] => {
  const { kind, from, to, sentMs, arrivalsMs, lost } = message
  if (!toldKinds.has(kind)) return []
  const name = `${message.what}${message.detail === '' ? '' : ` [${message.detail}]`}`
  const beat = (at: number, who: string, what: string): readonly Beat[] => [{ at, about: 'network', who, what }]
  if (lost !== undefined) return beat(sentMs, from, `loses what it sends to ${to} (${lost}): ${name}`)
  if (isUnheard(message)) return beat(sentMs, from, `is not heard by ${to}: ${name}`)
  if (isDoubled(message)) return beat(arrivalsMs[1] ?? sentMs, to, `hears a second time from ${from}: ${name}`)
  return []
}
