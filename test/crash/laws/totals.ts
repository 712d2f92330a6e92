import { partitionName } from '../../../src/contracts/position.ts'
import type { Found } from '../found.ts'
import { lastOf, nextState } from '../state.ts'
import { changelog, keyIn, ledger, plain, tasks, totalling, totals } from '../topics.ts'
import type { Anomaly } from './anomaly.ts'

/**
 * A task's outputs are one for each record before its committed offsets, in each input's order; each carries the fold
 * of its key so far, and the store holds the last.
 */
export const otherTotals = (found: Found): Anomaly[] =>
  Array.from({ length: tasks }, (_, task) => task).flatMap((task) => otherTotalsOf(found, task))

const otherTotalsOf = (found: Found, task: number): Anomaly[] => {
  const anomalies: Anomaly[] = []
  const inputs = inputsOf(found, task)
  const states = new Map<string, string>()
  const seen = new Set<string>()
  const reached = new Map<string, number>()
  const output = partitionName({ topic: totals.name, partition: task })
  for (const { value: state, offset } of found.logs.get(output)?.records ?? []) {
    const id = lastOf(state)
    const where = `${output} at ${offset}`
    const input = inputs.get(id)
    if (input === undefined) {
      anomalies.push({ law: 'offsets', what: `${where} is of ${id}, which is not among what was committed as read` })
      continue
    }
    if (seen.has(id)) anomalies.push({ law: 'doubled', what: `${where} is of ${id} once more` })
    seen.add(id)
    if (input.offset < (reached.get(input.log) ?? -1))
      anomalies.push({ law: 'order', what: `${where} is of ${id}, behind a later record of ${input.log}` })
    reached.set(input.log, input.offset)
    const expected = nextState(states.get(input.key) ?? '', id)
    if (state !== expected)
      anomalies.push({
        law: 'state',
        what: `${where}: the state of ${input.key} is ${state} and should be ${expected}`,
      })
    states.set(input.key, state)
  }
  for (const id of inputs.keys())
    if (!seen.has(id))
      anomalies.push({ law: 'offsets', what: `${output} has nothing of ${id}, which was committed as read` })
  return [...anomalies, ...otherStates(found, task, states, inputs)]
}

export interface Input {
  readonly key: string
  readonly log: string
  readonly offset: number
}

/** By their ids, those that were committed as read. */
export const inputsOf = (found: Found, partition: number): ReadonlyMap<string, Input> => {
  const inputs = new Map<string, Input>()
  for (const { name: topic } of [plain, ledger]) {
    const log = partitionName({ topic, partition })
    const upTo = found.committed.get(totalling)?.get(log) ?? 0
    for (const { offset, value } of found.logs.get(log)?.records ?? [])
      if (offset < upTo) inputs.set(`${log}-${offset}`, { key: keyIn(value), log, offset })
  }
  return inputs
}

const otherStates = (
  found: Found,
  task: number,
  states: ReadonlyMap<string, string>,
  inputs: ReadonlyMap<string, Input>,
): Anomaly[] => {
  const log = partitionName({ topic: changelog.name, partition: task })
  const stored = new Map(
    (found.logs.get(log)?.records ?? []).map(({ value }) => [inputs.get(lastOf(value))?.key ?? lastOf(value), value]),
  )
  return [...new Set([...states.keys(), ...stored.keys()])].flatMap((key): Anomaly[] => {
    const [kept, folded] = [stored.get(key), states.get(key)]
    return kept === folded
      ? []
      : [
          {
            law: 'state',
            what: `the store of task ${task} has ${kept} for ${key}, and the committed input folds to ${folded}`,
          },
        ]
  })
}
