import type { Fault } from './fault.ts'
import { type Begin, type Begun, type Scene, targetOf, working } from './scene.ts'
import { atSomeMoment } from './some-moment.ts'

/**
 * Kills a process at once, or just before or after a message that it sends: so that it dies between any two things that
 * it does one after the other.
 */
export const processCrash: Begin = (scene, fault) => {
  const process = targetOf(working(scene), fault)
  if (process === undefined) return undefined
  const { name } = process
  const { cluster, clients } = scene
  const waiting = atSomeMoment(cluster, process, { rare: committing }, (beside) => {
    if (!process.isAlive) return
    if (beside !== undefined) cluster.watched.by?.reached(`crash ${beside.when} ${beside.message}`)
    clients.kill(name)
  })
  return waiting === undefined
    ? { what: 'crash', processes: [name], undo: () => clients.start(name) }
    : { what: `crash ${waiting.until}`, processes: [name], undo: waiting.stop }
}

/** What a client sends on the way to a commit. */
const committing: ReadonlySet<string> = new Set([
  'initProducerId',
  'produce',
  'commitOffsetsInTransaction',
  'endTransaction',
  'commitOffsets',
])

/** Somebody takes it for dead and starts a stand-in, before it goes on as if nothing had been. */
export const zombie: Begin = (scene, fault) => {
  const process = targetOf(working(scene), fault)
  if (process === undefined) return undefined
  const { world } = scene.cluster
  const standIn = `guest ${scene.count}`
  world.pause(process)
  scene.clients.start(standIn, process.name)
  const undo = () => {
    world.resume(process)
    leave(scene, standIn)
  }
  return { what: `zombie, with ${standIn} in its place`, processes: [process.name], undo }
}

export const rebalance: Begin = (scene) => {
  const name = `guest ${scene.count}`
  scene.clients.start(name)
  return { what: 'another instance', processes: [name], undo: () => leave(scene, name) }
}

/** How long an instance that is to stop in good order is waited for. */
const stopMs = 10_000

const leave = ({ cluster, clients }: Scene, name: string): void => {
  // an instance that cannot end in good order is ended
  cluster.world.after(cluster.supervisor, stopMs, 'loses its patience', () => clients.kill(name, true))
  clients.stop(name).catch(() => clients.kill(name, true))
}

/** A slow process works this long at a time, and stands still the rest of it. */
const workMs = 5
const slowMs = { least: 20, most: 1_000 } as const

/** Of a world is needed who has the time in it. */
interface SlowScene extends Pick<Scene, 'clients'> {
  readonly cluster: Pick<Scene['cluster'], 'world' | 'supervisor'>
}

export const slowConsumer = (scene: SlowScene, fault: Fault): Begun | undefined => {
  const process = targetOf(working(scene), fault)
  if (process === undefined) return undefined
  const { world, supervisor } = scene.cluster
  const standsMs = slowMs.least + (slowMs.most - slowMs.least) * fault.extent
  let isOver = false
  const stand = () => {
    if (isOver || !process.isAlive || process.isPaused) return
    world.pause(process)
    world.after(supervisor, standsMs, 'slow work is done', work)
  }
  const work = () => {
    if (isOver) return
    world.resume(process)
    world.after(supervisor, workMs, 'slow work', stand)
  }
  stand()
  const undo = () => {
    isOver = true
    if (process.isPaused) world.resume(process)
  }
  return { what: `works slowly: ${Math.round(standsMs)} ms at a time`, processes: [process.name], undo }
}
