import type { TraceEntry } from '../../engines/simulated/world/trace.ts'

/** How long a process lived, in virtual milliseconds; what restarts has another life. */
export interface Life {
  readonly process: string
  readonly fromMs: number
  /** Undefined for one that outlived the run. */
  readonly untilMs: number | undefined
  /** How it ended. */
  readonly end: string
}

/** Every process of a run with its lives: the controller first, then brokers and clients, each by name. */
export const livesOf = (trace: readonly TraceEntry[]): ReadonlyMap<string, readonly Life[]> => {
  const lives = new Map<string, Life[]>()
  /** Until the last sign of a process that ends in good order it lives. */
  const leaving = new Set<string>()
  const of = (process: string): Life[] => {
    const known = lives.get(process)
    if (known !== undefined) return known
    const made: Life[] = [{ process, fromMs: 0, untilMs: undefined, end: '' }]
    lives.set(process, made)
    return made
  }
  const last = (process: string, change: (life: Life) => Life) => {
    const its = of(process)
    its.push(change(its.pop() as Life))
  }
  for (const entry of trace) {
    if (entry._tag === 'sent') {
      const { from, to, at } = entry
      of(to)
      if (leaving.has(from)) last(from, (life) => ({ ...life, untilMs: at }))
      else of(from)
    }
    if (entry._tag !== 'happened' || entry.about !== 'process') continue
    const { process, what, at } = entry
    if (what === 'starts') {
      leaving.delete(process)
      const life: Life = { process, fromMs: at, untilMs: undefined, end: '' }
      if (lives.has(process)) of(process).push(life)
      else lives.set(process, [life])
    } else if (isEnd(what)) last(process, (life) => ({ ...life, untilMs: at, end: what }))
    if (what === 'shuts down') leaving.add(process)
  }
  return new Map([...lives].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1)))
}

const isEnd = (what: string): boolean => /^(is killed|loses its power|shuts down|ends: .*)/.test(what)

/** As they stand below one another: whoever is asked above whoever asks. */
const rank = (name: string): number => {
  if (name === 'controller') return 0
  if (name.startsWith('broker-')) return 1
  return name === 'supervisor' ? 3 : 2
}
