import { internalTopics } from '../../internal-topics.ts'
import { brokerName } from '../switchboard.ts'
import type { Fault } from './fault.ts'
import type { Ending } from './losses.ts'
import { type Begin, type Begun, type Scene, targetOf, upright } from './scene.ts'
import { atSomeMoment } from './some-moment.ts'

/** How long a broker that is being stopped is looked after until it is started again. */
const lookMs = 100

/** Starts a broker that is down; one that is about to stop, once it has. */
const startAgain = ({ cluster }: Scene, id: number, stopping: boolean): void => {
  if (stopping && cluster.processOf(id) !== undefined) {
    const { world, supervisor } = cluster
    world.after(supervisor, lookMs, 'looks after a broker', () => startAgain({ cluster } as Scene, id, stopping))
  } else cluster.start(id)
}

/** Brokers that can end like this at the moment. */
export const mortal = (scene: Scene, ending: Ending): readonly number[] =>
  upright(scene).filter((id) => scene.beyondPromise || scene.losses.allows(id, ending))

const killed = (scene: Scene, id: number, ending: Ending, what: string): Begun => {
  scene.losses.note(id, ending)
  scene.cluster.crash(id, ending === 'keeps its log' ? 'kept' : 'unsynced lost')
  return { what, processes: [brokerName(id)], undo: () => scene.cluster.start(id) }
}

export const brokerCrash: Begin = (scene, fault) => {
  const id = targetOf(mortal(scene, 'keeps its log'), fault)
  return id === undefined ? undefined : killed(scene, id, 'keeps its log', 'crash')
}

export const powerLoss: Begin = (scene, fault) => {
  const id = targetOf(mortal(scene, 'loses of its log'), fault)
  return id === undefined ? undefined : killed(scene, id, 'loses of its log', 'loss of power')
}

export const diskLoss: Begin = (scene, fault) => {
  const id = targetOf(mortal(scene, 'loses of its log'), fault)
  if (id === undefined) return undefined
  const begun = killed(scene, id, 'loses of its log', 'loss of its disk')
  scene.cluster.disk(id).lose()
  return begun
}

/** Kills a broker that coordinates at once, or just before or after something that it does as that. */
export const coordinatorFailover: Begin = (scene, fault) => {
  const coordinators = new Set<number>()
  for (const name of Object.values(internalTopics))
    for (const { leader } of scene.cluster.controller.view.topics.get(name)?.layout ?? [])
      if (leader !== undefined) coordinators.add(leader)
  const mortals = mortal(scene, 'keeps its log').filter((id) => coordinators.has(id))
  const id = targetOf(mortals, fault)
  const process = id === undefined ? undefined : scene.cluster.processOf(id)
  if (id === undefined || process === undefined) return undefined
  const strike = () => {
    // another one may be down by then
    if (process.isAlive && mortal(scene, 'keeps its log').includes(id)) killed(scene, id, 'keeps its log', '')
  }
  const waiting = atSomeMoment(scene.cluster, process, { counted: coordinating, rare: deciding }, strike)
  const undo = () => {
    waiting?.stop()
    scene.cluster.start(id)
  }
  const what = `crash of a coordinator${waiting === undefined ? '' : ` ${waiting.until}`}`
  return { what, processes: [brokerName(id)], undo }
}

/** What a coordinator sends on the way from one state of a transaction to the next. */
const deciding: ReadonlySet<string> = new Set([
  'writeMarkers',
  ...['initProducerId', 'addPartitions', 'endTransaction', 'commitOffsetsInTransaction', 'commitOffsets'].map(
    (request) => `${request}: answer`,
  ),
])

/** And whatever else it does while it coordinates. */
const coordinating: ReadonlySet<string> = new Set([...deciding, 'replicate: answer', 'group: answer'])

export const brokerRestart: Begin = (scene, fault) => {
  const id = targetOf(upright(scene), fault)
  if (id === undefined) return undefined
  scene.cluster.shutDown(id)
  return { what: 'restart', processes: [brokerName(id)], undo: () => startAgain(scene, id, true) }
}

export const brokerPause: Begin = (scene, fault: Fault) => {
  const id = targetOf(upright(scene), fault)
  const process = id === undefined ? undefined : scene.cluster.processOf(id)
  if (process === undefined) return undefined
  const { world } = scene.cluster
  world.pause(process)
  return { what: 'pause', processes: [process.name], undo: () => world.resume(process) }
}
