import type { Found } from './anomalies.ts'
import type { Evidence, PartitionEvidence } from './evidence.ts'
import type { Operation } from './history.ts'
import { listed, named, shown } from './naming.ts'

/** Finds offsets with two values (`inconsistent-offsets`) and values at two offsets (`duplicate`). */
export const offsetAnomalies = ({ partitions }: Evidence, found: Found): void => {
  for (const partition of partitions.values()) {
    inconsistentOffsets(partition, found)
    duplicates(partition, found)
  }
}

const inconsistentOffsets = ({ name, topic, partition, order }: PartitionEvidence, found: Found): void => {
  for (const { offset, claims } of order.versions)
    if (claims.length > 1)
      found('inconsistent-offsets', () => ({
        operations: claims.map(({ by }) => by.operation),
        records: claims.map(({ value }) => ({ topic, partition, offset, value })),
        what: `${name} at ${offset} holds ${listed(claims.map(({ value, by }) => `${shown(value)} for ${named(by.operation)}`))}`,
      }))
}

const duplicates = ({ name, topic, partition, order }: PartitionEvidence, found: Found): void => {
  for (const { offset: first, claims } of order.versions)
    for (const { value } of claims) {
      const offsets = order.offsetsOf(value)
      if (offsets.length < 2 || offsets[0] !== first) continue
      found('duplicate', () => {
        const whose = offsets.map((offset) => {
          const version = order.versions[order.indexAt(offset) ?? 0]
          return version?.claims.find((claim) => claim.value === value)?.by.operation as Operation
        })
        return {
          operations: whose,
          records: offsets.map((offset) => ({ topic, partition, offset, value })),
          what: `${shown(value)} lies in ${name} at ${listed(offsets.map((offset, at) => `${offset} for ${named(whose[at] as Operation)}`))}`,
        }
      })
    }
}
