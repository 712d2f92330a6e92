import type { Need } from './probe.ts'
import type { AnyRecord } from './stream-record.ts'

/** A record that belongs to no attempt came to an operator that writes with one. */
export class UncarriedRecord extends Error {
  readonly _tag = 'UncarriedRecord'
  override readonly name = 'UncarriedRecord'
  readonly need: Need
  constructor(need: Need, record: unknown) {
    super(
      `${subject(need)} got ${shown(record)}, which belongs to no task: ` +
        'build records from the one you got, as in `{ ...record, value }`; a deep clone or a hand-made record has lost its task',
    )
    this.need = need
  }
}

type Report = (error: UncarriedRecord) => void

interface Watch {
  readonly needs: readonly Need[]
  readonly report: Report
}

const watches = new Set<Watch>()

/**
 * Reports each refusal of a record that came to one of `needs`, until the answer is called. Such a record says nothing
 * of the run it came from, so that every run which declared the need hears of it: none may go on as if nothing was lost.
 */
export const watchRefusals = (needs: readonly Need[], report: Report): (() => void) => {
  const watch = { needs, report }
  watches.add(watch)
  return () => watches.delete(watch)
}

/**
 * Refuses a record without a carrier: reports it to the runs that declared `need`, so that no `catchError` hides it,
 * then throws {@link UncarriedRecord}.
 */
export const refuseUncarried = (need: Need, record: AnyRecord): never => {
  const error = new UncarriedRecord(need, record)
  for (const watch of [...watches]) if (watch.needs.some((declared) => isSame(declared, need))) watch.report(error)
  throw error
}

const isSame = (a: Need, b: Need): boolean => a._tag === b._tag && nameOf(a) === nameOf(b)

const nameOf = (need: Need): string => (need._tag === 'output' ? need.topic.name : need.store.name)

const subject = (need: Need): string =>
  need._tag === 'output' ? `topic '${need.topic.name}'` : `store '${need.store.name}'`

const shown = (record: unknown): string => {
  const id: unknown = typeof record === 'object' && record !== null && 'id' in record ? record.id : undefined
  return typeof id === 'string' ? `record '${id}'` : 'a record'
}
