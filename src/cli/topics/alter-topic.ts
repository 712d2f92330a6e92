import { bytes } from '../../codec/bytes.ts'
import type { Run } from '../command-leaf.ts'
import { Complaint } from '../complaint.ts'
import { counted, jsonLine } from '../say.ts'
import { findTopic, withSession } from '../session.ts'
import { changesOf, shownConfig } from './config-of.ts'

interface AlterOptions {
  readonly topic: string
  readonly partitions?: number
  readonly keysMayMove?: boolean
  readonly config?: Readonly<Record<string, string>>
  readonly deleteConfig?: readonly string[]
  readonly json?: boolean
}

/** `millrace topics alter` */
export const alterTopic: Run<AlterOptions> = async ({ world, url, options }) => {
  const { topic: name, partitions, keysMayMove = false, json = false } = options
  const changes = changesOf(name, options)
  const changesConfig = Object.keys(changes).length > 0
  if (partitions === undefined && !changesConfig)
    throw new Complaint(
      'usage',
      `there is nothing to alter in topic '${name}': say --partitions, --config or --delete-config`,
    )
  const altered = await withSession({ world, url }, 'write', async ({ engine, millrace }) => {
    const { partitions: count } = await findTopic(engine, name)
    if (partitions !== undefined && partitions < count) throw new Complaint('usage', shrinking(name, count, partitions))
    const grows = partitions !== undefined && partitions > count
    if (grows && !keysMayMove) throw new Complaint('usage', moving(name, count, partitions))
    const facade = await millrace()
    const topic = { name, key: bytes, value: bytes, partitions: count, config: {} }
    if (grows) await facade.grow(topic, partitions, { keysMayMove })
    if (changesConfig) await facade.configure(topic, changes)
    return findTopic(engine, name)
  })
  if (json) {
    const { id, partitions, config } = altered
    await world.stdout.write(jsonLine({ topic: name, id, partitions, config }))
  } else
    await world.stderr.write(
      `topic ${name} has ${counted(altered.partitions, 'partition')}, config ${shownConfig(altered.config)}\n`,
    )
}

const shrinking = (name: string, count: number, wanted: number): string =>
  `topic '${name}' has ${count} partitions and cannot go to ${wanted}: records would have nowhere to go; ask for more than ${count}`

const moving = (name: string, count: number, wanted: number): string =>
  `growing topic '${name}' from ${count} to ${wanted} partitions sends keys to other partitions than before, so that a key's later records may overtake its earlier ones: add --keys-may-move if that is fine`
