import { settle } from '../../contracts/settle.ts'
import type { Run } from '../command-leaf.ts'
import { jsonLine } from '../say.ts'
import { findTopics, withSession } from '../session.ts'

interface DeleteOptions {
  readonly topic: readonly string[]
  readonly ifExists?: boolean
  readonly json?: boolean
}

/** `millrace topics delete` */
export const deleteTopics: Run<DeleteOptions> = async ({ world, url, options }) => {
  const { ifExists = false, json = false } = options
  const wanted = [...new Set(options.topic)]
  const deleted = await withSession({ world, url }, 'write', async ({ engine }) => {
    // all are there before the first goes
    const topics = await (ifExists ? settle(engine.topics.describe(wanted)) : findTopics(engine, wanted))
    for (const { name } of topics) await settle(engine.topics.delete(name))
    return topics.map(({ name }) => name)
  })
  if (json) await world.stdout.write(jsonLine({ deleted }))
  else for (const name of deleted) await world.stderr.write(`deleted topic ${name}\n`)
}
