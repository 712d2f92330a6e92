import type { Clock } from '../../../src/contracts/clock.ts'
import { seededRandom } from '../../support/seeded-random.ts'
import { lasting } from '../topics.ts'
import { marking, producing } from './by-hand.ts'
import { comingAndGoing, replacing, sending, trimming } from './sending.ts'
import { Stage, type StageOptions } from './stage.ts'
import { totalling } from './totalling.ts'
import { copying, transacting } from './transacting.ts'

export type Actor =
  | 'sending'
  | 'replacing'
  | 'trimming'
  | 'comingAndGoing'
  | 'transacting'
  | 'transactingToo'
  | 'producing'
  | 'marking'
  | 'copying'
  | 'totalling'

/** What a program may do, all at once. */
const actors: Readonly<Record<Actor, (stage: Stage) => Promise<void>>> = {
  sending,
  replacing,
  trimming,
  comingAndGoing,
  transacting,
  transactingToo: transacting,
  producing,
  marking,
  copying,
  totalling,
}

export const allActors: readonly Actor[] = Object.keys(actors) as Actor[]

/** Creates the topics, and lets all of `cast` act at once, each by a randomness of its own. Answers when all are done. */
export const work = async (
  options: Omit<StageOptions, 'random' | 'name'> & { readonly seed: number; readonly cast: readonly Actor[] },
): Promise<void> => {
  const stageOf = (name: string, at: number): Stage =>
    new Stage({ ...options, name, random: seededRandom(options.seed * 31 + options.life * 17 + at) })
  const opening = stageOf('opening', 0)
  for (const topic of lasting)
    await opening.perform({ kind: 'create', topic: topic.name, partitions: topic.partitions }, () =>
      options.millrace.create(topic),
    )
  await Promise.all(options.cast.map((actor) => act(actor, stageOf(actor, 1 + allActors.indexOf(actor)))))
}

const act = async (actor: Actor, stage: Stage): Promise<void> => {
  try {
    await actors[actor](stage)
  } catch (error) {
    stage.failed(error)
  }
}

const maintenanceMs = 5 * 60 * 1000

/** `clock`, on which what is due in five minutes, as maintenance is, comes within `soonMs`. */
export const hurried = (clock: Clock, soonMs: number): Clock => ({
  ...clock,
  now: () => clock.now(),
  elapsed: () => clock.elapsed(),
  after: (delayMs, ring, hold) => clock.after(delayMs === maintenanceMs ? soonMs : delayMs, ring, hold),
})
