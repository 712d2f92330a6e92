import { refuseUnknownOptions } from '../codec/known-options.ts'
import { checkChoice, checkCount } from '../codec/option-values.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import type { ClusterOptions } from '../engines/simulated/cluster-options.ts'
import { checkFaults } from './check-faults.ts'
import { type AskedFaults, askedFaults, type Faults, nothingInPresets, presetsOf } from './faults.ts'
import { checkCluster } from './run-options.ts'
import { clusterStage } from './simulation/cluster-stage.ts'
import { beyondProcess, isMachineFault, machineBegins } from './simulation/machine/machine-faults.ts'
import { defaultMachine, type MachineOptions } from './simulation/machine/machine-options.ts'
import { machineStage } from './simulation/machine/machine-stage.ts'
import type { Plan } from './simulation/plan.ts'
import type { Stage } from './simulation/stage.ts'

/** On what a program is run, and what befalls it there. */
export interface DeliveryEngine {
  /**
   * `cluster`: a simulated cluster, whose clients instances of the program are. `embedded`: the embedded engine itself, on a
   * virtual disk that forgets what was not synced when the power goes. `cluster` where nothing is said.
   */
  readonly engine?: 'cluster' | 'embedded'
  /** `rough` where nothing is said. */
  readonly faults?: Faults
  /** How many instances of the program run side by side at most; 2 where nothing is said, and 1 on `embedded`. */
  readonly instances?: number
  /** How the cluster is built. */
  readonly cluster?: Partial<ClusterOptions>
  /** How the machine is built, of `engine: 'embedded'`. */
  readonly machine?: Partial<MachineOptions>
}

/** **Errors** throws a `TypeError` that names what makes no sense, or makes none on that engine. */
export const checkEngine = (what: string, options: DeliveryEngine): void => {
  const { engine, faults, instances, cluster, machine } = options
  checkChoice(what, 'engine', engine, ['cluster', 'embedded'])
  checkCount(what, 'instances', instances, 1)
  checkCluster(what, cluster)
  checkMachine(`${what}: machine`, machine)
  if (faults !== undefined) checkFaults(what, faults)
  if (engine === 'embedded') return checkEmbedded(what, options)
  if (machine !== undefined)
    throw new TypeError(`${what}: machine is for engine: 'embedded', and this runs on a cluster: leave one of them out`)
}

const mutants = [
  'acks-before-sync',
  'sync-lies',
  'journal-unsynced',
  'files-unsynced',
  'directories-unsynced',
] as const satisfies MachineOptions['mutants']

const checkMachine = (what: string, machine: Partial<MachineOptions> | undefined): void => {
  if (machine === undefined) return
  refuseUnknownOptions(what, machine, Object.keys(defaultMachine))
  checkChoice(what, 'durability', machine.durability, ['power', 'process'])
  checkCount(what, 'journalBytes', machine.journalBytes, journalBytesMin)
  for (const mutant of machine.mutants ?? []) checkChoice(what, 'each of mutants', mutant, mutants)
}

/** Less does not hold what a checkpoint says of a few topics. */
const journalBytesMin = 16 * 1024

const checkEmbedded = (what: string, { faults, instances, cluster, machine }: DeliveryEngine): void => {
  if (cluster !== undefined)
    throw new TypeError(`${what}: cluster is for engine: 'cluster', and the embedded engine has none: leave it out`)
  if (instances !== undefined && instances > 1)
    throw new TypeError(
      `${what}: instances: ${instances} with engine: 'embedded': one process owns a directory, and a second one is refused: leave instances out, or run on a cluster`,
    )
  const named = [...askedFaults(faults ?? [], nothingInPresets).keys()]
  const strange = named.find((name) => !isMachineFault(name))
  if (strange !== undefined)
    throw new TypeError(
      `${what}: the fault '${strange}' needs a cluster, and engine: 'embedded' is one process with one disk: there are ${Object.keys(machineBegins).join(', ')}`,
    )
  if (machine?.durability === 'process' && named.includes(beyondProcess))
    throw new TypeError(
      `${what}: machine: { durability: 'process' } promises nothing through the fault '${beyondProcess}': leave one of them out`,
    )
}

/** What befalls a program: of a preset what its engine promises to bear. */
export const faultsOf = ({ engine = 'cluster', faults = 'rough', machine }: DeliveryEngine): AskedFaults => {
  const asked = new Map(askedFaults(faults, presetsOf(engine)))
  if (engine === 'embedded' && machine?.durability === 'process') asked.delete(beyondProcess)
  return asked
}

/** What of a plan is the engine's. */
export const planOn = ({
  engine,
  instances,
  cluster = {},
  machine = {},
}: DeliveryEngine): Pick<Plan, 'cluster' | 'machine' | 'instances'> =>
  engine === 'embedded' ? { cluster, machine, instances: 1 } : { cluster, instances: instances ?? 2 }

/** Where a plan takes place. */
export const stageOf = ({ machine }: Plan, topics: readonly AnyTopic[]): Stage =>
  machine === undefined ? clusterStage() : machineStage(topics)

/** **Errors** throws a `TypeError` for a plan that is one of another engine. */
export const checkReplayed = (what: string, { machine }: Plan, { engine = 'cluster' }: DeliveryEngine): void => {
  const of = machine === undefined ? 'cluster' : 'embedded'
  if (of !== engine) throw new TypeError(`${what}: this replay is of engine: '${of}', and not of '${engine}'`)
}
