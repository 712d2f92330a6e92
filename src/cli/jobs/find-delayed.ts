import { delayed } from '../../codec/delayed.ts'
import type { Duration } from '../../codec/duration.ts'
import { nearest } from '../../codec/nearest.ts'
import type { AnyDelayed } from '../../contracts/delayed.ts'
import type { Engine } from '../../contracts/engine.ts'
import { settle } from '../../contracts/settle.ts'
import { Complaint } from '../complaint.ts'
import { rawTopic } from '../raw-topic.ts'

const commands = '.commands'
const answers = '.answers'
const tier = '.delay-'

/** What is delayed at `engine`, as its topics tell; where its jobs go to when they are due, they do not. */
export const findAllDelayed = async (engine: Engine): Promise<readonly AnyDelayed[]> => {
  const topics = await settle(engine.topics.describe())
  const names = new Set(topics.map(({ name }) => name))
  return topics.flatMap((topic) => {
    if (!topic.name.endsWith(commands)) return []
    const name = topic.name.slice(0, -commands.length)
    if (!names.has(`${name}${answers}`)) return []
    const tiers = topics.flatMap((one) =>
      one.name.startsWith(`${name}${tier}`) ? [one.name.slice(name.length + tier.length) as Duration] : [],
    )
    return [delayed(name, { to: rawTopic(topic.name), tiers, partitions: topic.partitions })]
  })
}

/** What is delayed under this name. A {@link Complaint} says what there is where it is not. */
export const findDelayed = async (engine: Engine, name: string): Promise<AnyDelayed> => {
  const all = await findAllDelayed(engine)
  const found = all.find((one) => one.name === name)
  if (found !== undefined) return found
  const names = all.map((one) => one.name)
  const near = nearest(name, names)
  const hint = near === undefined ? '' : ` (did you mean '${near}'?)`
  const there = names.length === 0 ? '' : `: there is ${names.map((one) => `'${one}'`).join(', ')}`
  throw new Complaint('missing', `nothing is delayed under the name '${name}' at ${engine.name}${hint}${there}`)
}
