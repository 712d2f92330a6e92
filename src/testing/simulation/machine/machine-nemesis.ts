import type { Fault } from '../../../engines/simulated/faults/fault.ts'
import type { Clients } from '../../../engines/simulated/faults/scene.ts'
import type { SimulatedMachine } from './machine.ts'
import { isMachineFault, type MachineScene, machineBegins, programName } from './machine-faults.ts'

/**
 * Brings faults over a machine and the program on it, each at its time from now on; what each does follows from the fault
 * and from the world's choices. Those of clusters meet nobody here. The answer ends all of them, and lets nothing more
 * begin: there is room on the disk, and the program is started again.
 */
export const bringMachineFaults = (
  machine: SimulatedMachine,
  clients: Clients,
  faults: readonly Fault[],
): (() => void) => {
  const { world, supervisor } = machine
  const scene: MachineScene = { machine, clients, lateness: new Set() }
  const lasting = new Set<() => void>()
  let isHealed = false
  const begin = (fault: Fault) => {
    if (isHealed || !isMachineFault(fault.name)) return
    const begun = machineBegins[fault.name](scene, fault)
    if (begun === undefined) return
    const { what, processes, undo } = begun
    const until = world.now + fault.forMs
    world.keep({ _tag: 'fault', at: world.now, what, processes, until })
    const end = () => {
      if (lasting.delete(end)) undo()
    }
    lasting.add(end)
    world.after(supervisor, fault.forMs, 'fault ends', end)
  }
  for (const fault of faults) world.after(supervisor, fault.atMs, 'fault', () => begin(fault))
  return () => {
    isHealed = true
    for (const end of [...lasting]) end()
    machine.setSkew(programName, 0)
    clients.start(programName)
  }
}
