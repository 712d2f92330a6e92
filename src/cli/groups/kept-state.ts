import type { Engine } from '../../contracts/engine.ts'
import { settle } from '../../contracts/settle.ts'
import { ownerOfChangelog } from '../../store/changelog.ts'

/**
 * What to say of `group` where a pipeline of its name keeps state: offsets go without it, and state would take twice what is
 * read twice. Nothing where there is none.
 */
export const keptState = async (engine: Engine, group: string): Promise<string> => {
  const topics = await settle(engine.topics.describe())
  const changelogs = topics.flatMap(({ name }) => (ownerOfChangelog(name) === group ? [name] : []))
  if (changelogs.length === 0) return ''
  const flags = changelogs.map((name) => `--topic ${name}`).join(' ')
  return `pipeline '${group}' keeps state in ${changelogs.join(' and ')}, which ${changelogs.length === 1 ? 'stays' : 'stay'}: records that are read again are counted again, or dropped as seen before; delete that too, with 'millrace topics delete ${flags}', or run the pipeline under another name\n`
}
