import type { Clock } from '../contracts/clock.ts'
import type { Engine, TopicDescription } from '../contracts/engine.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import { settle } from '../contracts/settle.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import { ownerOfChangelog } from '../store/changelog.ts'
import { settlePatiently } from './settle-patiently.ts'

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
