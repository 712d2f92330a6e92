import { topicName } from '../../codec/names.ts'
import { MillraceError } from '../../contracts/failure.ts'
import { settle } from '../../contracts/settle.ts'
import type { Run } from '../command-leaf.ts'
import { Complaint } from '../complaint.ts'
import { counted, jsonLine } from '../say.ts'
import { withSession } from '../session.ts'
import { configOf } from './config-of.ts'

interface CreateOptions {
  readonly topic: string
  readonly partitions: number
  readonly config?: Readonly<Record<string, string>>
  readonly ifNotExists?: boolean
  readonly json?: boolean
}

/** `millrace topics create` */
export const createTopic: Run<CreateOptions> = async ({ world, url, options }) => {
  const { topic: name, partitions, ifNotExists = false, json = false } = options
  refuseBadName(name)
  const config = configOf(name, options.config)
  const { topic, created } = await withSession({ world, url }, 'create', async ({ engine }) => {
    const made = await engine.topics.create({ name, partitions, config })()
    if (made._tag === 'Right') return { topic: made.right, created: true }
    const [found] = await settle(engine.topics.describe([name]))
    if (found === undefined || made.left.code !== 'topic-exists') throw new MillraceError(made.left)
    if (!ifNotExists) throw new Complaint('failed', isThere(name, found.partitions), new MillraceError(made.left))
    return { topic: found, created: false }
  })
  if (json) {
    const { id, partitions, config } = topic
    await world.stdout.write(jsonLine({ topic: name, id, partitions, config, created }))
    return
  }
  const has = counted(topic.partitions, 'partition')
  await world.stderr.write(
    created ? `created topic ${name} with ${has} at ${url}\n` : `topic ${name} is there already, with ${has}\n`,
  )
}

const isThere = (name: string, partitions: number): string =>
  `there is a topic '${name}' already, with ${counted(partitions, 'partition')}: --if-not-exists is content with it, 'millrace topics alter' changes it`

/** Before a directory is made for it. */
const refuseBadName = (name: string): void => {
  try {
    topicName(name)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new Complaint('usage', error.message, error)
  }
}
