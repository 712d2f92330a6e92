import { brokerName } from '../switchboard.ts'
import { type Begin, targetOf } from './scene.ts'

/** The farthest that a wall clock is set, in milliseconds. */
const stepMs = 600_000

export const clockStep: Begin = ({ cluster, clients }, fault) => {
  const names = [...cluster.ids.map(brokerName), ...clients.processes.map(({ name }) => name)]
  const name = targetOf(names, fault)
  if (name === undefined) return undefined
  const isBack = cluster.world.choices.pick('process', 2, 0.5) === 1
  const ms = Math.round(stepMs * fault.extent) * (isBack ? -1 : 1)
  const step = (by: number) => cluster.setSkew(name, cluster.skewOf(name) + by)
  step(ms)
  return { what: `clock set by ${ms / 1000} s`, processes: [name], undo: () => step(-ms) }
}

/** How likely a timer is late, at the worst. */
const lateChance = 0.5

export const lateTimers: Begin = ({ weather }, { extent }) => ({
  what: 'timers ring late',
  processes: [],
  undo: weather.add({ lateness: extent * lateChance }),
})
