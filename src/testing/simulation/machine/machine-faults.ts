import { slowConsumer } from '../../../engines/simulated/faults/client-faults.ts'
import type { Fault, FaultName } from '../../../engines/simulated/faults/fault.ts'
import type { Begun, Clients } from '../../../engines/simulated/faults/scene.ts'
import type { Crash } from '../../forgetful-disk/forgetful-disk.ts'
import { diskName } from './disk-trace.ts'
import type { SimulatedMachine } from './machine.ts'

export interface MachineScene {
  readonly machine: SimulatedMachine
  readonly clients: Clients
  /** How likely timers are late, of each fault that makes them so. */
  readonly lateness: Set<{ readonly chance: number }>
}

/** The one program: an engine of its own is all that it needs, and all that there can be. */
export const programName = 'app-1'

/** Begins a fault. Without an answer there is nobody whom it can meet. */
type BeginOnMachine = (scene: MachineScene, fault: Fault) => Begun | undefined

/** How many operations of the disk a process may live on before it ends in the middle of one. */
const operationsMax = 24

/** Ends the process at once, or in the middle of one of the next operations of its disk: while it opens, too. */
const ending =
  (how: Crash, what: string): BeginOnMachine =>
  ({ machine, clients }) => {
    const { world, supervisor, disk, witness } = machine
    const name = programName
    const processes = [name]
    const operations = world.choices.pick('process', 1 + operationsMax, 0.75)
    if (operations === 0) {
      const strike = () => {
        disk.end(how)
        clients.kill(name)
      }
      // it is told first
      world.after(supervisor, 0, what, strike)
      return { what, processes, undo: () => clients.start(name) }
    }
    const undo = disk.endAt(how, operations, (path) => {
      witness.reach('crash in the middle of an operation')
      const on = path === '' ? 'its directory' : path
      world.keep({ _tag: 'fault', at: world.now, what: `${what} in the middle of what it does to ${on}`, processes })
      clients.kill(name)
    })
    return { what: `${what} at operation ${operations} of its disk from now on`, processes, undo }
  }

const diskFull: BeginOnMachine = ({ machine }) => ({
  what: 'full disk',
  processes: [diskName],
  undo: machine.disk.fill(),
})

/** The farthest that a wall clock is set, in milliseconds. */
const stepMs = 600_000

const clockStep: BeginOnMachine = ({ machine }, { extent }) => {
  const isBack = machine.world.choices.pick('process', 2, 0.5) === 1
  const ms = Math.round(stepMs * extent) * (isBack ? -1 : 1)
  const step = (by: number) => machine.setSkew(programName, machine.skewOf(programName) + by)
  step(ms)
  return { what: `clock set by ${ms / 1000} s`, processes: [programName], undo: () => step(-ms) }
}

/** How likely a timer is late, at the worst. */
const lateChance = 0.5

const lateTimers: BeginOnMachine = ({ machine: { world }, lateness }, { extent }) => {
  const mine = { chance: extent * lateChance }
  const worst = () => {
    world.timerLateness = Math.max(0, ...Array.from(lateness, ({ chance }) => chance))
  }
  lateness.add(mine)
  worst()
  const undo = () => {
    lateness.delete(mine)
    worst()
  }
  return { what: 'timers ring late', processes: [], undo }
}

const slow: BeginOnMachine = ({ machine, clients }, fault) => slowConsumer({ cluster: machine, clients }, fault)

/** Those that a machine knows; all others are of clusters. */
export type MachineFault = Extract<
  FaultName,
  'process-crash' | 'power-loss' | 'disk-full' | 'slow-consumer' | 'clock-step' | 'late-timers'
>

/** How each fault begins, and how it ends. */
export const machineBegins: Readonly<Record<MachineFault, BeginOnMachine>> = {
  'process-crash': ending('kill', 'crash'),
  'power-loss': ending('power', 'loss of power'),
  'disk-full': diskFull,
  'slow-consumer': slow,
  'clock-step': clockStep,
  'late-timers': lateTimers,
}

export const isMachineFault = (name: string): name is MachineFault => Object.hasOwn(machineBegins, name)

/** Faults that go together. */
export const machinePresets: Readonly<Record<'calm' | 'rough' | 'jepsen', readonly MachineFault[]>> = {
  calm: [],
  rough: ['process-crash', 'power-loss'],
  jepsen: ['process-crash', 'power-loss', 'disk-full', 'slow-consumer', 'clock-step', 'late-timers'],
}

/** What an acknowledgement of `process` does not survive. */
export const beyondProcess: MachineFault = 'power-loss'
