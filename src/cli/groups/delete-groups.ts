import { settle } from '../../contracts/settle.ts'
import type { Run } from '../command-leaf.ts'
import { jsonLine } from '../say.ts'
import { findGroups, withSession } from '../session.ts'
import { keptState } from './kept-state.ts'
import { refuseMembers } from './refuse-members.ts'

interface DeleteOptions {
  readonly group: readonly string[]
  readonly json?: boolean
}

/** `millrace groups delete` */
export const deleteGroups: Run<DeleteOptions> = async ({ world, url, options: { group, json = false } }) => {
  const deleted = [...new Set(group)]
  const state = await withSession({ world, url }, 'write', async ({ engine }) => {
    // all are there, and may go, before the first goes
    for (const found of await findGroups(engine, deleted)) refuseMembers(found, 'deleted')
    for (const name of deleted) await settle(engine.groups.delete(name))
    return Promise.all(deleted.map((name) => keptState(engine, name)))
  })
  if (json) await world.stdout.write(jsonLine({ deleted }))
  else for (const name of deleted) await world.stderr.write(`deleted group ${name}\n`)
  await world.stderr.write(state.join(''))
}
