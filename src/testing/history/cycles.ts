import type { Found, Show } from './anomalies.ts'
import { type Dependency, dependencies, sentenceOf } from './dependencies.ts'
import type { Deed, Evidence } from './evidence.ts'
import { type Edges, shortestWay, stronglyConnected } from './strongly-connected.ts'

/**
 * Finds operations that depend on one another in a circle, one circle for each tangle of them: by the order of what
 * they sent alone (`G0`), and by what they read (`G1c`). Where the order of sends is part of it, that is tolerated: writes of
 * transactions are not isolated from one another. Only reads in a circle are not: somebody has read what was not
 * committed.
 */
export const cycles = (evidence: Evidence, found: Found): void => {
  const { wr, ww } = dependencies(evidence)
  const graphOf = (all: readonly Dependency[]): Graph => {
    const edges: number[][] = []
    for (const { from, to } of all) (edges[from.number] ??= []).push(to.number)
    return { deeds: evidence.deeds, all, edges, component: stronglyConnected(evidence.deeds.length, edges) }
  }
  const byReads = graphOf(wr)
  circlesIn(byReads, wr, (circle) => found('G1c', circle))
  circlesIn(graphOf(ww), ww, (circle) => found('G0', circle, true))
  const mixed = wr.filter(({ from, to }) => byReads.component[from.number] !== byReads.component[to.number])
  circlesIn(graphOf([...wr, ...ww]), mixed, (circle) => found('G1c', circle, true))
}

interface Graph {
  /** By number. */
  readonly deeds: readonly Deed[]
  readonly all: readonly Dependency[]
  readonly edges: Edges
  readonly component: Int32Array
}

/** One circle in each component that closes one of `through`. */
const circlesIn = (
  { deeds, all, edges, component }: Graph,
  through: readonly Dependency[],
  circle: (show: Show) => void,
): void => {
  const shownAlready = new Set<number>()
  for (const one of through) {
    const [from, to] = [one.from.number, one.to.number]
    const tangle = component[from] as number
    if (component[to] !== tangle || shownAlready.has(tangle)) continue
    shownAlready.add(tangle)
    circle(() => {
      const way = shortestWay(edges, [to, from], (node) => component[node] === tangle).map(
        (node) => deeds[node] as Deed,
      )
      const steps = [one, ...dependenciesAlong(way, all)]
      return {
        operations: way.map(({ operation }) => operation),
        records: steps.flatMap(({ records }) => records),
        what: steps.map(sentenceOf).join('; '),
      }
    })
  }
}

const dependenciesAlong = (way: readonly Deed[], all: readonly Dependency[]): readonly Dependency[] => {
  const after = new Map(way.slice(1).map((deed, index) => [way[index] as Deed, deed]))
  const found = new Map<Deed, Dependency>()
  for (const one of all) if (after.get(one.from) === one.to && !found.has(one.from)) found.set(one.from, one)
  return way.flatMap((deed) => found.get(deed) ?? [])
}
