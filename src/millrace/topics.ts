import { isTopic, requireTopic } from '../codec/arguments.ts'
import { shown } from '../codec/decode-error.ts'
import { refuseUnknownOptions } from '../codec/known-options.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Engine, TopicDescription } from '../contracts/engine.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import { settle } from '../contracts/settle.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import { ownerOfChangelog } from '../store/changelog.ts'
import { settlePatiently } from './settle-patiently.ts'
import { unknownTopic } from './unknown-topic.ts'

/** A topic that is there. */
export interface DescribedTopic extends TopicDescription {
  /** The pipeline whose state it keeps, where it is the changelog of a store. */
  readonly changelogOf?: string
}

export interface DescribeOptions {
  /** The engine's own too (`__consumer_offsets`); they are left out where nothing is said, as in Kafka's tools. */
  readonly internal?: boolean
}

/** See `Millrace.describe`. */
export const describeTopics = async (
  engine: Engine,
  wanted: readonly (AnyTopic | string | DescribeOptions)[],
): Promise<readonly DescribedTopic[]> => {
  const [first] = wanted
  if (
    first === undefined ||
    (wanted.length === 1 && typeof first === 'object' && !isTopic(first) && !Array.isArray(first))
  ) {
    const options: DescribeOptions = first ?? {}
    refuseUnknownOptions('describe(…)', options, ['internal'])
    const all = await settle(engine.topics.describe())
    return all.filter((topic) => options.internal === true || !topic.internal).map(described)
  }
  const names = wanted.map((topic) => {
    if (typeof topic === 'string') return topic
    requireTopic('describe(…)', topic)
    return (topic as AnyTopic).name
  })
  return (await settle(engine.topics.describe(names))).map(described)
}

const described = (topic: TopicDescription): DescribedTopic => {
  const pipeline = topic.config['cleanup.policy'] === 'compact' ? ownerOfChangelog(topic.name) : undefined
  return pipeline === undefined ? topic : { ...topic, changelogOf: pipeline }
}

/** Creates what is not there yet; see `Millrace.create`. */
export const createTopics = async (engine: Engine, topics: readonly AnyTopic[]): Promise<void> => {
  const existing = new Map(
    (await settle(engine.topics.describe(topics.map(({ name }) => name)))).map((t) => [t.name, t]),
  )
  for (const topic of topics) {
    const found = existing.get(topic.name)
    if (found === undefined) await createTopic(engine, topic)
    else refuseOtherCount(topic, found)
  }
}

/** Somebody else may create it in between: then it is as if it had been there. */
const createTopic = async (engine: Engine, { name, partitions, config }: AnyTopic): Promise<void> => {
  const created = await engine.topics.create({ name, partitions, config })()
  if (created._tag === 'Right') return
  if (created.left.code !== 'topic-exists') throw new MillraceError(created.left)
  const [found] = await settle(engine.topics.describe([name]))
  if (found !== undefined) refuseOtherCount({ name, partitions }, found)
}

const refuseOtherCount = (topic: Pick<AnyTopic, 'name' | 'partitions'>, found: TopicDescription): void => {
  if (found.partitions === topic.partitions) return
  const message = `topic '${topic.name}' has ${found.partitions} partitions and the program says ${topic.partitions}: say partitions: ${found.partitions}, or grow it with millrace.grow`
  throw new MillraceError(engineFailure('invalid-partitions', message))
}

/** Rejects with `invalid-partitions` where `topic` would not get more partitions than it has. */
export const refuseToShrink = async (engine: Engine, topic: string, partitions: number): Promise<void> => {
  const [found] = await settle(engine.topics.describe([topic]))
  if (found === undefined) throw unknownTopic(engine, topic)
  if (Number.isInteger(partitions) && partitions > found.partitions) return
  if (partitions === found.partitions)
    throw new MillraceError(
      engineFailure(
        'invalid-partitions',
        `topic '${topic}' has ${partitions} partitions already: grow it to more, or not at all`,
      ),
    )
  const message = Number.isInteger(partitions)
    ? `topic '${topic}' has ${found.partitions} partitions and cannot go to ${partitions}: counts never shrink, since records would have nowhere to go; ` +
      'create a topic of another name with fewer, and copy the records there with a pipeline'
    : `topic '${topic}' cannot grow to ${shown(partitions)} partitions: give a whole number of more than ${found.partitions}`
  throw new MillraceError(engineFailure('invalid-partitions', message))
}

/** A topic whose keys decide about partitions grows only when the caller knows what that does. */
export const refuseToMoveKeys = (topic: AnyTopic, partitions: number, keysMayMove: boolean): void => {
  if (keysMayMove || isKeyless(topic)) return
  const message =
    `growing topic '${topic.name}' to ${partitions} partitions sends keys to other partitions than before, so that a key's ` +
    'later records may overtake its earlier ones: say millrace.grow(topic, partitions, { keysMayMove: true }) if that is fine'
  throw new MillraceError(engineFailure('invalid-partitions', message))
}

/** `key: t.null`: there are no keys to move. */
const isKeyless = ({ key }: AnyTopic): boolean => key.name === 'json(null)'

/**
 * A topic whose pipeline has state does not grow: keys would move, and their state stay.
 *
 * **Errors** rejects with `invalid-partitions` where a pipeline that has a changelog reads `topic`, or has committed there.
 */
export const refuseToLeaveState = async (
  engine: Engine,
  clock: Clock,
  topic: string,
  partitions: number,
): Promise<void> => {
  const compacted = (await settle(engine.topics.describe())).filter(
    ({ config }) => config['cleanup.policy'] === 'compact',
  )
  for (const { name } of compacted) {
    const pipeline = ownerOfChangelog(name)
    if (pipeline === undefined || !(await reads(engine, clock, pipeline, topic))) continue
    const message =
      `topic '${topic}' cannot grow to ${partitions} partitions: pipeline '${pipeline}' keeps state by its keys (topic '${name}'), which would stay behind. ` +
      `Write to a larger topic of another name and read it in a pipeline of another name; or, if '${pipeline}' is gone for good, millrace.deleteGroup('${pipeline}') first`
    throw new MillraceError(engineFailure('invalid-partitions', message))
  }
}

const reads = async (engine: Engine, clock: Clock, pipeline: string, topic: string): Promise<boolean> => {
  const isThere = (at: { readonly topic: string }): boolean => at.topic === topic
  const committed = await settlePatiently(clock, engine.groups.committed(pipeline))
  if (committed.some(isThere)) return true
  const groups = await settle(engine.groups.describe([pipeline]))
  return groups.some(({ members }) => members.some((member) => member.partitions.some(isThere)))
}
