/** What Node and test runners have open by themselves, now and then. */
const ofTheirOwn = new Set(['CloseReq', 'Immediate', 'MessagePort', 'PipeWrap', 'TTYWrap', 'WriteWrap'])

const counted = (): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return counts
}

/**
 * What of the machine is waited for that was not when this was called, for people, by Node's names: `Timeout, 2 TCPSocketWrap`.
 * A timer that was taken before the run, or a call that nobody refuses, is told by this where a run stands still.
 */
export const underWay = (): (() => string) => {
  const before = counted()
  return () =>
    [...counted()]
      .map(([kind, count]) => [kind, count - (before.get(kind) ?? 0)] as const)
      .filter(([kind, count]) => count > 0 && !ofTheirOwn.has(kind))
      .map(([kind, count]) => (count === 1 ? kind : `${count} ${kind}`))
      .join(', ')
}
