/** The edges of a graph: which nodes each node leads to, by its number, if any. */
export type Edges = readonly (readonly number[] | undefined)[]

/**
 * The number of the strongly connected component of each node: two nodes have the same where each can be reached from the other.
 * After Tarjan, without recursion, in O(nodes + edges).
 */
export const stronglyConnected = (nodes: number, edges: Edges): Int32Array => {
  const component = new Int32Array(nodes).fill(-1)
  const order = new Int32Array(nodes).fill(-1)
  const low = new Int32Array(nodes)
  const tried = new Int32Array(nodes)
  const open: number[] = []
  const path: number[] = []
  let visits = 0
  let components = 0

  const enter = (node: number): void => {
    order[node] = low[node] = visits
    visits += 1
    open.push(node)
    path.push(node)
  }
  const lower = (node: number, to: number | undefined): void => {
    low[node] = Math.min(low[node] as number, to as number)
  }
  const leave = (node: number): void => {
    path.pop()
    const parent = path.at(-1)
    if (parent !== undefined) lower(parent, low[node])
    if (low[node] !== order[node]) return
    let member: number | undefined
    do {
      member = open.pop() as number
      component[member] = components
    } while (member !== node)
    components += 1
  }

  for (let root = 0; root < nodes; root += 1) {
    if (order[root] === -1) enter(root)
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const next = edges[node]?.[(tried[node] as number)++]
      if (next === undefined) leave(node)
      else if (order[next] === -1) enter(next)
      else if (component[next] === -1) lower(node, order[next])
    }
  }
  return component
}

/** A shortest way from one node to another over nodes that `isOpen` admits, both ends included; empty where there is none. */
export const shortestWay = (
  edges: Edges,
  [from, to]: readonly [number, number],
  isOpen: (node: number) => boolean,
): readonly number[] => {
  const cameFrom = new Map<number, number>([[from, from]])
  const queue = [from]
  for (const node of queue) {
    if (node === to) break
    for (const next of edges[node] ?? [])
      if (!cameFrom.has(next) && isOpen(next)) {
        cameFrom.set(next, node)
        queue.push(next)
      }
  }
  if (!cameFrom.has(to)) return []
  const way = [to]
  for (let node = to; node !== from; ) {
    node = cameFrom.get(node) as number
    way.push(node)
  }
  return way.reverse()
}
