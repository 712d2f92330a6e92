import type { BrokerParts } from './broker-parts.ts'
import type { HostedReplica } from './hosted-replica.ts'

/** Asks until there is an answer, each time something changes at `partitions`; after `maxWaitMs` there is none. */
export const waitFor = <A>(
  { world, process }: Pick<BrokerParts, 'world' | 'process'>,
  { partitions, maxWaitMs }: { readonly partitions: readonly HostedReplica[]; readonly maxWaitMs: number },
  ask: () => A | undefined,
  answer: (found: A | undefined) => void,
): void => {
  const found = ask()
  if (found !== undefined || maxWaitMs <= 0) return answer(found)
  let isAsking = false
  let isOver = false
  const end = (found: A | undefined) => {
    if (isOver) return
    isOver = true
    for (const stop of stops) stop()
    answer(found)
  }
  const look = () => {
    // asking may itself change something: it is asked once more then, in a step of its own
    if (isAsking) return
    isAsking = true
    world.after(process, 0, 'looks again', () => {
      if (isOver) return
      const found = ask()
      isAsking = false
      if (found !== undefined) end(found)
    })
  }
  const stops = [
    ...partitions.map((hosted) => hosted.onChange(look)),
    world.after(process, maxWaitMs, 'has waited', () => end(undefined)),
  ]
}
