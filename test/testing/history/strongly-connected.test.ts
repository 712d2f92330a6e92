import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Edges, shortestWay, stronglyConnected } from '../../../src/testing/history/strongly-connected.ts'

/** Nodes, and where each leads to; some lead nowhere. */
const graph: fc.Arbitrary<{ readonly nodes: number; readonly edges: Edges }> = fc
  .integer({ min: 1, max: 12 })
  .chain((nodes) =>
    fc.record({
      nodes: fc.constant(nodes),
      edges: fc.array(fc.option(fc.array(fc.nat({ max: nodes - 1 }), { maxLength: 3 }), { nil: undefined }), {
        maxLength: nodes,
      }),
    }),
  )

/** How many edges each node is away from `from`. */
const distances = (edges: Edges, from: number): ReadonlyMap<number, number> => {
  const found = new Map([[from, 0]])
  for (const [node, steps] of found)
    for (const next of edges[node] ?? []) if (!found.has(next)) found.set(next, steps + 1)
  return found
}

describe('stronglyConnected', () => {
  it('gives two nodes the same number just where each can be reached from the other', () => {
    fc.assert(
      fc.property(graph, ({ nodes, edges }) => {
        const component = stronglyConnected(nodes, edges)
        const reach = Array.from({ length: nodes }, (_, node) => distances(edges, node))
        for (let one = 0; one < nodes; one++)
          for (let other = 0; other < nodes; other++)
            expect(component[one] === component[other]).toBe(
              (reach[one]?.has(other) ?? false) && (reach[other]?.has(one) ?? false),
            )
      }),
    )
  })

  it('does not mind how long a circle is', () => {
    const nodes = 200_000
    const circle = Array.from({ length: nodes }, (_, node) => [(node + 1) % nodes])
    expect(new Set(stronglyConnected(nodes, circle)).size).toBe(1)
  })
})

describe('shortestWay', () => {
  it('goes along edges, as few as there can be, and is empty where there is no way', () => {
    fc.assert(
      fc.property(graph, fc.nat(), fc.nat(), ({ nodes, edges }, a, b) => {
        const [from, to] = [a % nodes, b % nodes]
        const way = shortestWay(edges, [from, to], () => true)
        const steps = distances(edges, from).get(to)
        expect(way.length).toBe(steps === undefined ? 0 : steps + 1)
        expect(way.length === 0 || (way[0] === from && way.at(-1) === to)).toBe(true)
        for (const [at, node] of way.slice(1).entries()) expect(edges[way[at] as number]).toContain(node)
      }),
    )
  })

  it('stays on nodes that are open', () => {
    const edges: Edges = [[1, 2], [3], [4], undefined, [3]]
    expect(shortestWay(edges, [0, 3], () => true)).toEqual([0, 1, 3])
    expect(shortestWay(edges, [0, 3], (node) => node !== 1)).toEqual([0, 2, 4, 3])
  })
})
