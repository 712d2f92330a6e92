import { type Position, partitionName } from '../../../src/contracts/position.ts'
import type { Found } from '../found.ts'
import type { History } from '../history.ts'
import { copies, copying, plain, tasks } from '../topics.ts'
import type { Anomaly } from './anomaly.ts'

/** What a record becomes when it is copied. */
export const copyOf = (at: Position, value: string): string => `${partitionName(at)}-${at.offset} ${value}`

/** Copies and offsets were committed together: there is one of each record before the offset, in order, and no other. */
export const otherCopies = (found: Found): Anomaly[] =>
  Array.from({ length: tasks }, (_, partition) => partition).flatMap((partition): Anomaly[] => {
    const source = { topic: plain.name, partition }
    const name = partitionName(source)
    const upTo = found.committed.get(copying)?.get(name) ?? 0
    const expected = (found.logs.get(name)?.records ?? [])
      .filter(({ offset }) => offset < upTo)
      .map(({ offset, value }) => copyOf({ ...source, offset }, value))
    const there = (found.logs.get(partitionName({ topic: copies.name, partition }))?.records ?? []).map(
      ({ value }) => value,
    )
    const at = Math.max(expected.length, there.length)
    for (let index = 0; index < at; index++)
      if (expected[index] !== there[index])
        return [
          {
            law: 'offsets',
            what: `${name} is copied up to ${upTo}: copy ${index} is '${there[index]}' and should be '${expected[index]}'`,
          },
        ]
    return []
  })

/** No group is behind an offset that it was told, or seen, to have committed. */
export const lostOffsets = ({ deeds, reached }: History, found: Found): Anomaly[] => {
  const told = deeds.flatMap(({ act, how }) =>
    act.kind === 'copy' && how === 'done' && act.commits ? [{ group: copying, positions: act.positions }] : [],
  )
  const highest = new Map<string, { readonly group: string; readonly name: string; readonly offset: number }>()
  for (const { group, positions } of [...told, ...reached])
    for (const position of positions) {
      const name = partitionName(position)
      const before = highest.get(`${group} ${name}`)
      if ((before?.offset ?? -1) < position.offset)
        highest.set(`${group} ${name}`, { group, name, offset: position.offset })
    }
  return [...highest.values()].flatMap(({ group, name, offset }): Anomaly[] => {
    const there = found.committed.get(group)?.get(name) ?? 0
    return there >= offset
      ? []
      : [{ law: 'lost', what: `group ${group} had committed ${offset} in ${name}, and now has ${there}` }]
  })
}
