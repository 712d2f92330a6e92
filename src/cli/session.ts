import { nearest } from '../codec/nearest.ts'
import type { Engine, GroupDescription, TopicDescription } from '../contracts/engine.ts'
import { settle } from '../contracts/settle.ts'
import type { Millrace } from '../millrace/millrace.ts'
import { Complaint } from './complaint.ts'
import type { Access, World } from './world.ts'

/** An engine that is open for one command. */
export interface Session {
  readonly engine: Engine
  /** The facade over it, for what it knows better; loaded when it is asked for. */
  readonly millrace: () => Promise<Millrace>
}

/** Opens the engine, works with it, and closes it whatever came of that. */
export const withSession = async <A>(
  { world, url }: { readonly world: World; readonly url: string },
  access: Access,
  work: (session: Session) => Promise<A>,
): Promise<A> => {
  const engine = await world.open(url, access)
  let opened: Promise<Millrace> | undefined
  const millrace = () => (opened ??= facadeOf(engine, world, url))
  try {
    return await work({ engine, millrace })
  } finally {
    await (opened === undefined ? settle(engine.close()) : (await opened).close())
  }
}

const facadeOf = async (engine: Engine, { clock, random }: World, url: string): Promise<Millrace> => {
  const { openMillrace } = await import('../millrace/open-millrace.ts')
  return openMillrace({ url, engine, clock, random, clientId: 'millrace-cli', send: {} })
}

/** The topics of these names. A {@link Complaint} names the first that is not there. */
export const findTopics = async (engine: Engine, names: readonly string[]): Promise<readonly TopicDescription[]> => {
  const found = await settle(engine.topics.describe(names))
  const missing = names.find((name) => !found.some((topic) => topic.name === name))
  if (missing === undefined) return found
  const all = await settle(engine.topics.describe())
  const hint = didYouMean(
    missing,
    all.map(({ name }) => name),
  )
  throw new Complaint(
    'missing',
    `there is no topic '${missing}' at ${engine.name}${hint}: 'millrace topics list' shows those there are, 'millrace topics create' makes one`,
  )
}

export const findTopic = async (engine: Engine, name: string): Promise<TopicDescription> => {
  const [topic] = await findTopics(engine, [name])
  return topic as TopicDescription
}

/** The groups of these names. A {@link Complaint} names the first that is not there. */
export const findGroups = async (engine: Engine, names: readonly string[]): Promise<readonly GroupDescription[]> => {
  const found = await settle(engine.groups.describe(names))
  const missing = names.find((name) => !found.some(({ group }) => group === name))
  if (missing === undefined) return found
  const all = await settle(engine.groups.describe())
  const hint = didYouMean(
    missing,
    all.map(({ group }) => group),
  )
  const message = `there is no group '${missing}' at ${engine.name}${hint}: 'millrace groups list' shows those there are`
  throw new Complaint('missing', message)
}

const didYouMean = (name: string, there: readonly string[]): string => {
  const near = nearest(name, there)
  return near === undefined ? '' : ` (did you mean '${near}'?)`
}
