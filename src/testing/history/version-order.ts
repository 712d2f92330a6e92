import type { Value } from './history.ts'

/** Somebody says that a value lies at an offset. */
export interface Claim<By> {
  readonly value: Value
  readonly by: By
}

/** One offset of a partition that is known to hold a record. */
export interface Version<By> {
  readonly offset: number
  /** Of each value that was claimed to lie here, the first claim; more than one contradict each other. */
  readonly claims: readonly [Claim<By>, ...Claim<By>[]]
}

/**
 * The records of a partition in the order of their offsets. Offsets at which nobody saw a record are left out: markers
 * and aborted records lie there. So neighbours are one apart, and a reader that comes by a version and not by the next
 * has skipped it.
 */
export interface VersionOrder<By> {
  readonly versions: readonly Version<By>[]
  /** The place of an offset among the versions; `undefined` where none is known to be there. */
  readonly indexAt: (offset: number) => number | undefined
  /** The place of the first version at `offset` or behind it. */
  readonly indexFrom: (offset: number) => number
  /** Where a value was claimed to lie, in order. More than one is once too often. */
  readonly offsetsOf: (value: Value) => readonly number[]
}

/** Gathers claims, in any order. */
export class Claims<By> {
  readonly #found = new Map<number, [Claim<By>, ...Claim<By>[]]>()

  add(offset: number, value: Value, by: By): void {
    const same = this.#found.get(offset)
    if (same === undefined) this.#found.set(offset, [{ value, by }])
    else if (same[0].value !== value && same.every((claim) => claim.value !== value)) same.push({ value, by })
  }

  /** Puts them in order, in O(n log n). */
  inOrder(): VersionOrder<By> {
    const versions = [...this.#found]
      .map(([offset, claims]): Version<By> => ({ offset, claims }))
      .sort((a, b) => a.offset - b.offset)
    const indexes = new Map(versions.map(({ offset }, index) => [offset, index]))
    const offsets = offsetsByValue(versions)
    return {
      versions,
      indexAt: (offset) => indexes.get(offset),
      indexFrom: (offset) => lowerBound(versions, offset),
      offsetsOf: (value) => {
        const found = offsets.get(value)
        return found === undefined ? [] : typeof found === 'number' ? [found] : found
      },
    }
  }
}

/** One number where there is one offset, as is due: a partition has many values. */
const offsetsByValue = <By>(versions: readonly Version<By>[]): ReadonlyMap<Value, number | readonly number[]> => {
  const offsets = new Map<Value, number | readonly number[]>()
  for (const { offset, claims } of versions)
    for (const { value } of claims) {
      const before = offsets.get(value)
      offsets.set(value, before === undefined ? offset : [before, offset].flat())
    }
  return offsets
}

const lowerBound = (versions: readonly { readonly offset: number }[], offset: number): number => {
  let low = 0
  let high = versions.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((versions[middle]?.offset ?? offset) < offset) low = middle + 1
    else high = middle
  }
  return low
}
