import type { Need } from './probe.ts'
import type { AnyRecord } from './stream-record.ts'

/** A record that belongs to no attempt came to an operator that writes with one. */
export class UncarriedRecord extends Error {
  readonly _tag = 'UncarriedRecord'
  override readonly name = 'UncarriedRecord'
  readonly need: Need
  constructor(need: Need, record: unknown) {
    super(
      `${subject(need)} got ${shown(record)}, which ${isRecord(record) ? 'belongs to no task' : 'is no record'}: ` +
        'build records from the one you got, as in `{ ...record, value }`; a deep clone or a hand-made record has lost its task',
    )
    this.need = need
  }
}

type Report = (error: UncarriedRecord) => void

/** What a run has declared. The array is the run's own, and stands for it. */
type Needs = readonly Need[]

interface Watch {
  readonly needs: Needs
  /** The topics that it reads, where it says. */
  readonly reads: readonly string[] | undefined
  readonly report: Report
}

const watches = new Set<Watch>()
/** Refusals that have failed an attempt, and are dealt with by its run. */
const surfaced = new WeakSet<UncarriedRecord>()
let atWork: Needs | undefined

/** Reports the refusals that belong to the run which declared `needs`, or may, until the answer is called. */
export const watchRefusals = (needs: Needs, report: Report, reads?: readonly string[]): (() => void) => {
  const watch = { needs, reads, report }
  watches.add(watch)
  return () => watches.delete(watch)
}

/** Does `work`, during which it is the run that declared `needs` whose operators are called. */
export const asRun = (needs: Needs, work: () => void): void => {
  const before = atWork
  atWork = needs
  try {
    work()
  } finally {
    atWork = before
  }
}

/** An attempt has failed for this reason: where it is a refusal, it is known from here on whose. */
export const refusalSurfaced = (reason: unknown): void => {
  if (reason instanceof UncarriedRecord) surfaced.add(reason)
}

/**
 * Refuses a record without a carrier: throws {@link UncarriedRecord}, and sees to it that no `catchError` hides it.
 *
 * The record does not say which run it came from. While a run calls its operators, it is that one. Later, from a promise
 * or a timer, it is the one whose attempt fails with the error; where none does, something has caught it, and every run
 * hears of it that declared `need` and reads the topic that the record names, since none that lost an output may go on.
 */
export const refuseUncarried = (need: Need, record: AnyRecord): never => {
  const error = new UncarriedRecord(need, record)
  const run = atWork
  if (run !== undefined) tell(error, (watch) => watch.needs === run)
  else
    queueMicrotask(() => {
      if (!surfaced.has(error)) tell(error, (watch) => mayHaveLost(watch, need, record))
    })
  throw error
}

const tell = (error: UncarriedRecord, concerns: (watch: Watch) => boolean): void => {
  for (const watch of [...watches]) if (concerns(watch)) watch.report(error)
}

const mayHaveLost = ({ needs, reads }: Watch, need: Need, record: unknown): boolean => {
  const topic: unknown = typeof record === 'object' && record !== null && 'topic' in record ? record.topic : undefined
  if (typeof topic === 'string' && reads !== undefined && !reads.includes(topic)) return false
  return needs.some((declared) => isSame(declared, need))
}

const isSame = (a: Need, b: Need): boolean => a._tag === b._tag && nameOf(a) === nameOf(b)

const nameOf = (need: Need): string => {
  switch (need._tag) {
    case 'output':
      return need.topic.name
    case 'store':
      return need.store.name
    case 'delayed':
      return need.delayed.name
  }
}

const subject = (need: Need): string => `${kinds[need._tag]} '${nameOf(need)}'`

const kinds: Readonly<Record<Need['_tag'], string>> = { output: 'topic', store: 'store', delayed: 'delayed' }

const isRecord = (record: unknown): boolean => typeof record === 'object' && record !== null

const shown = (record: unknown): string => {
  if (!isRecord(record)) return record === undefined || record === null ? String(record) : `a ${typeof record}`
  const id: unknown = typeof record === 'object' && record !== null && 'id' in record ? record.id : undefined
  return typeof id === 'string' ? `record '${id}'` : 'a record'
}
