import { partitionName } from '../../../src/contracts/position.ts'
import type { Found } from '../found.ts'
import { lastOf } from '../state.ts'
import { changelog } from '../topics.ts'
import type { Anomaly } from './anomaly.ts'
import { inputsOf } from './totals.ts'

/** A task's store on this machine's disk, as a crash has left it. */
export interface KeptOnDisk {
  readonly task: number
  /** It says that it has all of its changelog before this. */
  readonly standsAt: number
  /** What each key has. */
  readonly states: ReadonlyMap<string, string>
}

/**
 * A store on disk has what its changelog had committed where it stands: of each key the last before that, or, where compaction has
 * taken it since, one that is older than what took its place.
 */
export const otherOnDisk = (found: Found, kept: readonly KeptOnDisk[]): Anomaly[] =>
  kept.flatMap((one) => otherCopyOf(found, one))

const otherCopyOf = (found: Found, { task, standsAt, states }: KeptOnDisk): Anomaly[] => {
  const log = partitionName({ topic: changelog.name, partition: task })
  const inputs = inputsOf(found, task)
  const before = new Map<string, string>()
  const after = new Map<string, string>()
  for (const { offset, value } of found.logs.get(log)?.records ?? []) {
    const key = inputs.get(lastOf(value))?.key ?? lastOf(value)
    if (offset < standsAt) before.set(key, value)
    else if (!after.has(key)) after.set(key, value)
  }
  const wrong = (key: string, has: string | undefined, should: string): Anomaly => ({
    law: 'state',
    what: `the store on disk of task ${task}, which stands at ${standsAt}, has ${has} for ${key}, and should have ${should}`,
  })
  return [...new Set([...states.keys(), ...before.keys()])].flatMap((key): Anomaly[] => {
    const [has, last, next] = [states.get(key), before.get(key), after.get(key)]
    if (has === last) return []
    if (next === undefined) return [wrong(key, has, last ?? 'nothing')]
    return countOf(has) < countOf(next) && countOf(has) >= countOf(last) ? [] : [wrong(key, has, `less than ${next}`)]
  })
}

/** How many records a state is made of. */
const countOf = (state: string | undefined): number => (state === undefined ? 0 : Number(state.split('|')[0]))
