/**
 * What can go wrong, by name. Where nothing else is said it begins at once and is over after the fault's time; whatever
 * is down then comes back.
 */
export type FaultName =
  /** A broker is killed; its disk has everything when it comes back. */
  | 'broker-crash'
  /** A broker loses its power: what was not synced is gone when it comes back. */
  | 'power-loss'
  /** A broker is stopped in good order, and comes back. */
  | 'broker-restart'
  /** A broker stands still, and goes on as if nothing had been. */
  | 'broker-pause'
  /** A broker comes back with an empty disk. */
  | 'disk-loss'
  /** A broker can write nothing more until there is room again. */
  | 'disk-full'
  /** A batch in a broker's log is damaged: found when it is read, and cut off when the broker starts. */
  | 'disk-corruption'
  /** Some brokers and clients cannot reach the others. */
  | 'partition'
  /** What one process sends to another is lost; the way back is open. */
  | 'one-way-partition'
  /** One process is cut off from all others. */
  | 'isolation'
  /** Messages are late. */
  | 'delay'
  /** Messages are lost: requests and answers. */
  | 'loss'
  /** Requests and answers arrive twice. */
  | 'duplicate-request'
  /** Messages overtake one another. */
  | 'reordering'
  /** The broker that coordinates an application's transactions, or its group, is killed. */
  | 'coordinator-failover'
  /** A request to end a transaction is held back and arrives again later. */
  | 'late-end-transaction'
  /** The process of an application is killed, and started anew. */
  | 'process-crash'
  /** The process of an application stands still until others have taken its work, and then goes on. */
  | 'zombie'
  /** Another instance of the application comes, and goes again. */
  | 'rebalance'
  /** The application's own work takes long. */
  | 'slow-consumer'
  /** A process's wall clock is set, forwards or back. */
  | 'clock-step'
  /** Timers ring late. */
  | 'late-timers'
  /** Sequences, epochs, producer ids and offsets begin near their ends: from the beginning on, whenever it is told. */
  | 'near-wrap'

/** One fault, as data: a run has a list of them, and a shorter list is a simpler run. */
export interface Fault {
  readonly name: FaultName
  /** When, in virtual milliseconds since the application was started. */
  readonly atMs: number
  readonly forMs: number
  /** Whom it meets: counted round among those whom it can meet at that time. */
  readonly target: number
  /** How bad it is, 0 to 1; of those that are more or less bad. */
  readonly extent: number
}

/** Faults that are more or less bad. The others happen, or do not. */
export type GradualFault = Extract<
  FaultName,
  | 'delay'
  | 'loss'
  | 'duplicate-request'
  | 'reordering'
  | 'late-end-transaction'
  | 'slow-consumer'
  | 'clock-step'
  | 'late-timers'
  | 'near-wrap'
>

const isGradual: Readonly<Record<GradualFault, true>> = {
  delay: true,
  loss: true,
  'duplicate-request': true,
  reordering: true,
  'late-end-transaction': true,
  'slow-consumer': true,
  'clock-step': true,
  'late-timers': true,
  'near-wrap': true,
}

/** All of them. */
export const gradualFaults: readonly GradualFault[] = Object.keys(isGradual) as readonly GradualFault[]

/** Faults that go together. */
export const presets: Readonly<Record<'calm' | 'rough' | 'jepsen', readonly FaultName[]>> = {
  calm: [],
  rough: ['process-crash', 'broker-crash', 'broker-restart', 'rebalance', 'delay', 'duplicate-request'],
  jepsen: [
    'broker-crash',
    'power-loss',
    'broker-restart',
    'broker-pause',
    'partition',
    'one-way-partition',
    'isolation',
    'delay',
    'loss',
    'duplicate-request',
    'reordering',
    'coordinator-failover',
    'late-end-transaction',
    'process-crash',
    'zombie',
    'rebalance',
    'clock-step',
    'late-timers',
    'near-wrap',
    'disk-loss',
    'disk-full',
    'disk-corruption',
    'slow-consumer',
  ],
}
