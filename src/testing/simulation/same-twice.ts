import type { TraceEntry } from '../../engines/simulated/world/trace.ts'
import type { Outcome } from './plan.ts'

/** A program that does something else each time it is run, of the same plan. */
export class NotRepeatable extends TypeError {
  readonly _tag = 'NotRepeatable'
  override readonly name = 'NotRepeatable'
}

/**
 * Makes a run twice. Answers what came of it.
 *
 * **Errors** rejects with {@link NotRepeatable}, which says where the traces part, if they are not the same.
 */
export const sameTwice = async (run: (keepTrace: boolean) => Promise<Outcome>): Promise<Outcome> => {
  const once = await run(false)
  const twice = await run(false)
  if (once.hash === twice.hash) return once
  const [one, other] = [await run(true), await run(true)]
  throw new NotRepeatable(
    `a run of one plan was made twice, and was not the same: ${parting(one, other)}. Something in the program goes by what is left of the run before (a variable outside of the app's function), or by what the simulation has no hold of (a timer or a clock that was taken before the run)`,
  )
}

const parting = (one: Outcome, other: Outcome): string => {
  const length = Math.max(one.trace.length, other.trace.length)
  for (let at = 0; at < length; at++) {
    const [first, second] = [said(one.trace[at]), said(other.trace[at])]
    if (first !== second) return `until step ${at} it was, then the one ${first}, and the other ${second}`
  }
  return `the one took ${one.steps} steps, the other ${other.steps}`
}

const said = (entry: TraceEntry | undefined): string => {
  if (entry === undefined) return 'was at its end'
  const { _tag, at, ...more } = entry
  const what = Object.entries(more).map(([name, value]) => `${name} ${String(value)}`)
  return `had '${_tag}' at ${at} ms (${what.join(', ')})`
}
