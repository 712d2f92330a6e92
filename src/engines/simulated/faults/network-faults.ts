import { brokerName, controllerName } from '../switchboard.ts'
import type { Weather } from '../world/network.ts'
import type { Fault } from './fault.ts'
import { type Begin, type Begun, type Scene, targetOf } from './scene.ts'

/** How likely a message is met where a fault is as bad as can be. */
const worst: Weather = { delay: 0.5, loss: 0.2, duplication: 0.3, reordering: 0.3 }

const badWeather =
  (kind: keyof Weather, what: string): Begin =>
  ({ weather }, { extent }) => {
    const chance = worst[kind] * extent
    const undo = weather.add({ [kind]: chance })
    return { what: `${what} (${Math.round(chance * 100)} % of the messages)`, processes: [], undo }
  }

export const delay: Begin = badWeather('delay', 'delay')
export const loss: Begin = badWeather('loss', 'loss')
export const duplicateRequest: Begin = badWeather('duplication', 'duplicates')
export const reordering: Begin = badWeather('reordering', 'messages overtake each other')

const brokersOf = ({ cluster }: Scene): readonly string[] => cluster.ids.map(brokerName)
const clientsOf = ({ clients }: Scene): readonly string[] => clients.processes.map(({ name }) => name)

/** Nothing gets from the one side to the other, nor back. */
const cutBothWays = (scene: Scene, here: readonly string[], there: readonly string[]): (() => void) => {
  const { network } = scene.cluster
  const mend = here.flatMap((a) => there.flatMap((b) => [network.cut(a, b), network.cut(b, a)]))
  return () => {
    for (const one of mend) one()
  }
}

/** How likely a process other than the first is on the smaller side. */
const sideChance = 0.4
const controllerSideChance = 0.15

/** The target's broker is on the one side; on which side the others are, is chosen. */
export const partition: Begin = (scene, fault) => {
  const { choices } = scene.cluster.world
  const first = targetOf(brokersOf(scene), fault)
  if (first === undefined) return undefined
  const others = [...brokersOf(scene).filter((name) => name !== first), ...clientsOf(scene)]
  const here = [first, ...others.filter(() => choices.pick('process', 2, sideChance) === 1)]
  if (choices.pick('process', 2, controllerSideChance) === 1) here.push(controllerName)
  const there = [...others, controllerName].filter((name) => !here.includes(name))
  const undo = cutBothWays(scene, here, there)
  return { what: `${here.join(', ')} cut off from ${there.join(', ')}`, processes: here, undo }
}

export const oneWayPartition: Begin = (scene, fault) => {
  const all = [...brokersOf(scene), controllerName, ...clientsOf(scene)]
  const servers = new Set([...brokersOf(scene), controllerName])
  const links = all.flatMap((from) =>
    all.filter((to) => from !== to && (servers.has(from) || servers.has(to))).map((to) => ({ from, to })),
  )
  const link = targetOf(links, fault)
  if (link === undefined) return undefined
  const { from, to } = link
  const undo = scene.cluster.network.cut(from, to)
  return { what: `nothing gets from ${from} to ${to}`, processes: [from, to], undo }
}

export const isolation: Begin = (scene, fault) => {
  const all = [...brokersOf(scene), ...clientsOf(scene)]
  const alone = targetOf(all, fault)
  if (alone === undefined) return undefined
  const others = [...all, controllerName].filter((name) => name !== alone)
  return { what: 'isolation', processes: [alone], undo: cutBothWays(scene, [alone], others) }
}

/** The longest that a request is held back, beyond the fault's time. */
const lateMs = 30_000

/** Of each request to end a transaction a copy goes astray, and arrives later: while the fault lasts, or after it. */
export const lateEndTransaction: Begin = ({ cluster }, { forMs, extent }: Fault): Begun => {
  const { network, world } = cluster
  const latest = Math.min(forMs, lateMs)
  const undo = network.onSend(({ to, what, deliver }) => {
    if (what !== 'endTransaction') return
    const sixteenths = world.choices.pick('network', 17, extent)
    if (sixteenths > 0) world.after(to, (latest * sixteenths) / 16, 'late endTransaction', deliver)
  })
  return { what: 'copies of EndTxn arrive late', processes: [], undo }
}
