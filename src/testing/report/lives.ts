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

/** Every process of a run with its lives: the controller first, then brokers, or a disk, and clients, each by name. */
export const livesOf = (trace: readonly TraceEntry[]): ReadonlyMap<string, readonly Life[]> => {
  const lives = new Map<string, Life[]>()
  /** Who ends in good order lives until its last message; and when the one before that was. */
  const leaving = new Map<string, number>()
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
      if (!leaving.has(from)) of(from)
      else
        last(from, (life) => {
          if (life.untilMs !== undefined && life.untilMs < at) leaving.set(from, life.untilMs)
          return { ...life, untilMs: at }
        })
    }
    if (entry._tag !== 'happened' || entry.about !== 'process') continue
    const { process, what, at } = entry
    if (what === 'starts') {
      // what begins may have sent something before it says so
      const since = leaving.get(process)
      if (since !== undefined) last(process, (life) => (life.untilMs === at ? { ...life, untilMs: since } : life))
      leaving.delete(process)
      const life: Life = { process, fromMs: at, untilMs: undefined, end: '' }
      const its = lives.get(process)
      if (its === undefined) lives.set(process, [life])
      else if (its.at(-1)?.untilMs === undefined) its.splice(-1, 1, life)
      else its.push(life)
    } else if (isEnd(what)) last(process, (life) => ({ ...life, untilMs: at, end: what }))
    if (what === 'shuts down') leaving.set(process, at)
  }
  return new Map([...lives].sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1)))
}

const isEnd = (what: string): boolean => /^(is killed|loses its power|shuts down|ends: .*)/.test(what)

/** By the names that the cluster gives its own. */
export const isClient = (name: string): boolean => !/^(broker-\d+|controller|supervisor|disk)$/.test(name)

/** As they stand below one another: whoever is asked above whoever asks. */
const rank = (name: string): number => {
  if (name === 'controller') return 0
  if (name.startsWith('broker-') || name === 'disk') return 1
  return name === 'supervisor' ? 3 : 2
}
