import type { TraceEntry } from '../../engines/simulated/world/trace.ts'
import type { Outcome } from '../simulation/plan.ts'
import { beatsOf } from './beats.ts'
import { isClient, livesOf } from './lives.ts'
import { messageKinds, messagesOf } from './messages.ts'

/** What the script of a diagram draws. Processes and kinds by their index, times in virtual milliseconds. */
export interface DiagramData {
  readonly endMs: number
  /** When the first client of the application came: what was before is the cluster's own. */
  readonly beginMs: number
  readonly processes: readonly string[]
  readonly lives: readonly (readonly [process: number, fromMs: number, untilMs: number | null, end: string])[]
  readonly kinds: readonly string[]
  readonly messages: readonly (readonly [
    kind: number,
    from: number,
    to: number,
    what: string,
    detail: string,
    sentMs: number,
    arrivalsMs: readonly number[],
    lost: string,
  ])[]
  readonly faults: readonly (readonly [what: string, atMs: number, untilMs: number, processes: readonly number[]])[]
  readonly beats: readonly (readonly [about: string, atMs: number, process: number, who: string, what: string])[]
}

export const diagramData = ({ trace, virtualMs }: Outcome): DiagramData => {
  const lives = livesOf(trace)
  const processes = [...lives.keys()]
  const index = (name: string) => processes.indexOf(name)
  const faults = trace.filter((entry): entry is Extract<TraceEntry, { _tag: 'fault' }> => entry._tag === 'fault')
  const application = [...lives].filter(([name]) => isClient(name))
  const begins = application.flatMap(([, [first]]) => (first === undefined ? [] : [first.fromMs]))
  return {
    endMs: trace.reduce((end, { at }) => Math.max(end, at), virtualMs),
    beginMs: begins.length === 0 ? 0 : Math.min(...begins),
    processes,
    lives: [...lives.values()].flatMap((its) =>
      its.map(({ process, fromMs, untilMs, end }) => [index(process), fromMs, untilMs ?? null, end] as const),
    ),
    kinds: messageKinds,
    messages: messagesOf(trace).map(({ kind, from, to, what, detail, sentMs, arrivalsMs, lost }) => [
      messageKinds.indexOf(kind),
      index(from),
      index(to),
      what,
      detail,
      sentMs,
      arrivalsMs,
      lost ?? '',
    ]),
    faults: faults.map(({ what, at, until, processes: met }) => [
      what,
      at,
      until ?? at,
      met.map(index).filter((process) => process >= 0),
    ]),
    beats: beatsOf(trace)
      .filter(({ isImplied }) => isImplied !== true)
      .map(({ about, at, who, what }) => [about, at, index(who), who, what]),
  }
}
