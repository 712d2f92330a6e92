import type { Moment } from '../../engines/simulated/invariants/committed-changes.ts'
import type { PipelineAtWork } from './pipeline-at-work.ts'

/** By which groups' offsets the records of a topic can be judged at any moment, and in which respects. */
export interface Route {
  /** By topic that the records come of: whose offsets say how far it was read. */
  readonly groups: ReadonlyMap<string, string>
  /** All that comes of what was read is there. */
  readonly isComplete: boolean
  /** Nothing is there that does not come of it. */
  readonly isExact: boolean
}

export interface RouteParts {
  readonly pipelines: readonly PipelineAtWork[]
  readonly moments: readonly Moment[]
}

/**
 * How what is in `out` comes of the topics that its model reads.
 *
 * Of pipelines it is known what they read and write. Whatever else reads is judged where each of its transactions that
 * writes to `out` also commits the offsets of the one group that reads all of these topics, and no others. Nothing is
 * said, and `undefined` answered, where somebody else has a part in it: a topic that the model does not read, one that
 * two of the pipelines read, or one that is read without a group.
 */
export const routeOf = (
  out: string,
  reads: ReadonlySet<string>,
  { pipelines, moments }: RouteParts,
): Route | undefined => {
  if (reads.size === 0 || reads.has(out)) return undefined
  const writers = pipelines.filter(({ writes }) => writes.includes(out))
  if (writers.length === 0) return byHand(out, reads, { pipelines, moments })
  const groups = new Map<string, string>()
  for (const { name, reads: its } of writers)
    for (const topic of its) {
      if (!reads.has(topic) || groups.has(topic)) return undefined
      groups.set(topic, name)
    }
  if (groups.size < reads.size) return undefined
  return {
    groups,
    isComplete: writers.every(({ guarantee }) => guarantee !== 'at-most-once'),
    isExact: writers.every(({ guarantee }) => guarantee !== 'at-least-once'),
  }
}

const byHand = (out: string, reads: ReadonlySet<string>, { pipelines, moments }: RouteParts): Route | undefined => {
  const changes = moments.flatMap((moment) => moment.changes)
  const writing = new Set<string | undefined>()
  for (const change of changes)
    if (change._tag === 'records' && change.topic === out) writing.add(onlyOne(change.transaction?.groups))
  const group = onlyOne(writing)
  if (group === undefined || pipelines.some(({ name }) => name === group)) return undefined
  const read = new Set(
    changes.flatMap((change) => (change._tag === 'offset' && change.group === group ? [change.topic] : [])),
  )
  if (read.size !== reads.size || ![...reads].every((topic) => read.has(topic))) return undefined
  return { groups: new Map([...reads].map((topic) => [topic, group])), isComplete: true, isExact: true }
}

const onlyOne = <A>(all: ReadonlySet<A> | undefined): A | undefined => (all?.size === 1 ? [...all][0] : undefined)
