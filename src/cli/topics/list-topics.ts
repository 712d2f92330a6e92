import { settle } from '../../contracts/settle.ts'
import type { Run } from '../command-leaf.ts'
import { jsonLine } from '../say.ts'
import { withSession } from '../session.ts'

interface ListOptions {
  readonly internal?: boolean
  readonly json?: boolean
}

/** `millrace topics list` */
export const listTopics: Run<ListOptions> = async ({ world, url, options: { internal = false, json = false } }) => {
  const all = await withSession({ world, url }, 'read', ({ engine }) => settle(engine.topics.describe()))
  const topics = all.filter((topic) => internal || !topic.internal)
  await world.stdout.write(
    json
      ? jsonLine(topics.map(({ name, id, partitions, internal }) => ({ topic: name, id, partitions, internal })))
      : topics.map(({ name }) => `${name}\n`).join(''),
  )
}
