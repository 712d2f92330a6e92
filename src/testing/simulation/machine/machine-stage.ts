import type { AnyTopic } from '../../../contracts/topic.ts'
import type { Stage } from '../stage.ts'
import { SimulatedMachine } from './machine.ts'
import { bringMachineFaults } from './machine-nemesis.ts'

/** Runs on a machine with a disk of its own, over the embedded engine, with the faults of the plan. */
export const machineStage =
  (topics: readonly AnyTopic[]): Stage =>
  (plan, world, violated) => {
    const machine = new SimulatedMachine({ world, options: plan.machine ?? {}, topics, violated })
    return {
      setting: {
        name: 'the machine',
        world: machine.world,
        supervisor: machine.supervisor,
        engine: machine.engine,
        engineOf: (process, system) => machine.open(process, system),
        skewOf: (process) => machine.skewOf(process),
        wantsTopics: false,
        get isWhole() {
          return machine.isOpen
        },
        // whoever opens the directory shows everybody else out
        awaited: () => [],
        keepsSends: true,
        appendedMs: (record) => machine.witness.appendedMs(record),
      },
      bringFaults: (clients) => bringMachineFaults(machine, clients, plan.faults),
      reached: machine.witness.reached,
      moments: (topics, evidence) =>
        machine.witness.streams.every((name) => topics.has(name))
          ? machine.witness.moments.momentsOf(evidence)
          : undefined,
    }
  }
