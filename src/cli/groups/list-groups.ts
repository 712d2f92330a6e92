import { settle } from '../../contracts/settle.ts'
import type { Run } from '../command-leaf.ts'
import { jsonLine } from '../say.ts'
import { withSession } from '../session.ts'

/** `millrace groups list` */
export const listGroups: Run<{ readonly json?: boolean }> = async ({ world, url, options: { json = false } }) => {
  const groups = await withSession({ world, url }, 'read', ({ engine }) => settle(engine.groups.describe()))
  await world.stdout.write(
    json
      ? jsonLine(groups.map(({ group, state, members }) => ({ group, state, members: members.length })))
      : groups.map(({ group }) => `${group}\n`).join(''),
  )
}
