import type { Did, History, Operation, Outcome } from './history.ts'

/** Writes a history while it happens. It has no clock: whoever calls says what time it is, of one clock for all. */
export interface HistoryRecorder {
  /** An operation of `process` begins; `did` is what it sets out to do. One that never ends is `unknown`. */
  readonly began: (process: string, did: Did, atMs: number) => Recording
  /** The client of `process` died: what it had under way is unknown, whatever answers come later. */
  readonly crashed: (process: string, atMs: number) => void
  /** Everything so far, in the order in which it began. */
  readonly history: () => History
}

/** An operation that is under way. */
export interface Recording {
  /** What it has done by now, where that was not known at its beginning: what it has polled, what it sends because of it. */
  readonly did: (did: Did) => void
  /** It was answered. Throws where it has ended already. */
  readonly ended: (outcome: Outcome, atMs: number, did?: Did) => void
}

/** A recorder of an empty history. */
export const historyRecorder = (): HistoryRecorder => {
  const operations: Operation[] = []
  const counts = new Map<string, number>()
  const underWay = new Map<string, Set<number>>()
  const dead = new Set<number>()

  const begin = (process: string, did: Did, invokedMs: number): number => {
    const index = counts.get(process) ?? 0
    counts.set(process, index + 1)
    return operations.push({ process, index, invokedMs, outcome: 'unknown', did }) - 1
  }

  const began = (process: string, intended: Did, atMs: number): Recording => {
    const at = begin(process, intended, atMs)
    const open = underWay.get(process) ?? new Set()
    underWay.set(process, open.add(at))
    return {
      did: (did) => {
        if (open.has(at)) change(at, { did })
      },
      ended: (outcome, completedMs, did) => {
        if (dead.has(at)) return
        if (!open.delete(at)) throw new Error(`${process} has ended its operation ${operations[at]?.index} twice`)
        change(at, { outcome, completedMs, ...(did === undefined ? {} : { did }) })
      },
    }
  }

  const change = (at: number, what: Partial<Operation>): void => {
    operations[at] = { ...(operations[at] as Operation), ...what }
  }

  const crashed = (process: string, atMs: number): void => {
    const open = underWay.get(process)
    for (const at of open ?? []) dead.add(at)
    open?.clear()
    change(begin(process, { _tag: 'crash' }, atMs), { outcome: 'ok', completedMs: atMs })
  }

  return { began, crashed, history: () => ({ operations: [...operations] }) }
}
