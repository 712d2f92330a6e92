import type { Mutant } from '../../src/engines/simulated/cluster-options.ts'
import type { InvariantKind } from '../../src/engines/simulated/invariants/partition-watch.ts'
import type { MoverMutant } from '../../src/jobs/mover-mutant.ts'
import { type RetryMutant, withoutRule } from '../../src/pipeline/retry-mutant.ts'
import { type RedriveMutant, redrivenWithout } from '../../src/retry/redrive-mutant.ts'
import type { Expectation } from '../../src/testing/expectations.ts'
import type { Faults, MachineMutant } from '../../src/testing/index.ts'
import type { Broken } from '../../src/testing/simulation/machine/witness.ts'
import { diskMutants } from './disk-mutants.ts'
import { moverMutants } from './mover-mutants.ts'
import type { Program } from './program.ts'
import { bulky, slowTransactions } from './programs/by-hand.ts'
import { chain, copy } from './programs/pipelines.ts'
import { billsDead, redrives } from './programs/redrives.ts'
import { charging, inOrder } from './programs/retries.ts'
import { committedInFinally, markedAsSeenFirst, spreadOverPartitions } from './programs/wrong.ts'

/** Something that is wrong on purpose, and the runs that have to find it. */
export interface Planted {
  readonly name:
    | Mutant
    | MachineMutant
    | MoverMutant
    | RetryMutant
    | RedriveMutant
    | 'committed in finally'
    | 'marked as seen first'
    | 'spread over partitions'
  /** The promise that is seen to be broken, by the kind of the violation. */
  readonly breaks: InvariantKind | Broken | Expectation['_tag']
  readonly program: Program
  readonly faults: Faults
  /** Within how many runs that has to be seen. */
  readonly runs: number
  /** Found soon enough for every `npm test`. */
  readonly isCheap: boolean
}

/** A program on a cluster with a rule left out. */
const on = (mutant: Mutant, { name, options }: Program, more: Partial<Program['options']> = {}): Program => {
  const { cluster, ...others } = more
  return {
    name: `${name} on ${mutant}`,
    options: { ...options, ...others, cluster: { ...options.cluster, ...cluster, mutants: [mutant] } },
  }
}

/** Sends follow each other so closely that several batches are under way. */
const dense = { records: 60, lengthMs: 1_000 }

/** Every rule that can be left out, and what tutorials teach. */
export const planted: readonly Planted[] = [
  {
    name: 'dedup-off',
    breaks: 'sequence-broken',
    program: on('dedup-off', copy),
    faults: ['loss', 'duplicate-request'],
    runs: 60,
    isCheap: true,
  },
  {
    name: 'sequence-check-off',
    breaks: 'sequence-broken',
    program: on('sequence-check-off', bulky),
    faults: ['loss', 'reordering', 'delay'],
    runs: 300,
    isCheap: true,
  },
  {
    name: 'offsets-outside-transaction',
    breaks: 'exactlyOnce',
    program: on('offsets-outside-transaction', copy),
    faults: ['process-crash', 'zombie'],
    runs: 10,
    isCheap: true,
  },
  {
    name: 'lso-is-high-watermark',
    breaks: 'stable-offset-beyond-undecided',
    program: on('lso-is-high-watermark', chain),
    faults: ['process-crash', 'zombie'],
    runs: 60,
    isCheap: true,
  },
  {
    name: 'high-watermark-ignores-maximal-isr',
    breaks: 'high-watermark-beyond-isr',
    program: on('high-watermark-ignores-maximal-isr', copy, { records: 100, cluster: { replicaLagMs: 300 } }),
    faults: ['delay', 'one-way-partition', 'broker-crash', 'isolation'],
    runs: 3_000,
    isCheap: false,
  },
  {
    name: 'old-transaction-rules',
    breaks: 'exactlyOnce',
    program: on('old-transaction-rules', slowTransactions),
    faults: ['late-end-transaction'],
    runs: 300,
    isCheap: true,
  },
  {
    name: 'no-generation-fencing',
    breaks: 'committed-offset-went-back',
    program: on('no-generation-fencing', slowTransactions),
    faults: ['zombie'],
    runs: 200,
    isCheap: true,
  },
  {
    name: 'acks-1-sold-as-all',
    breaks: 'acknowledged-too-early',
    program: on('acks-1-sold-as-all', copy, dense),
    faults: ['power-loss', 'broker-crash', 'isolation'],
    runs: 60,
    isCheap: true,
  },
  {
    name: 'offsets-after-transaction',
    breaks: 'exactlyOnce',
    program: on('offsets-after-transaction', copy),
    faults: [],
    runs: 5,
    isCheap: true,
  },
  {
    name: 'leader-epoch-stays',
    breaks: 'two-leaders',
    program: on('leader-epoch-stays', copy),
    faults: ['broker-crash', 'isolation', 'broker-pause'],
    runs: 20,
    isCheap: true,
  },
  {
    name: 'elects-anybody',
    breaks: 'committed-lost',
    program: on('elects-anybody', copy, { records: 100, cluster: { replicaLagMs: 300 } }),
    faults: ['broker-restart', 'one-way-partition'],
    runs: 600,
    isCheap: true,
  },
  {
    name: 'old-metadata-followed',
    breaks: 'epoch-went-back',
    program: on('old-metadata-followed', copy),
    faults: ['broker-restart', 'reordering', 'delay'],
    runs: 800,
    isCheap: true,
  },
  {
    name: 'high-watermark-goes-by-all',
    breaks: 'high-watermark-went-back',
    program: on('high-watermark-goes-by-all', copy),
    faults: ['isolation', 'power-loss'],
    runs: 20,
    isCheap: true,
  },
  {
    name: 'high-watermark-is-log-end',
    breaks: 'high-watermark-beyond-isr',
    program: on('high-watermark-is-log-end', copy),
    faults: [],
    runs: 5,
    isCheap: true,
  },
  {
    name: 'no-divergence-check',
    breaks: 'logs-differ',
    program: on('no-divergence-check', copy, { records: 60, lengthMs: 2_000 }),
    faults: ['power-loss', 'broker-crash', 'one-way-partition', 'isolation'],
    runs: 800,
    isCheap: true,
  },
  {
    name: 'unclean-passes-for-clean',
    breaks: 'committed-lost',
    program: on('unclean-passes-for-clean', copy),
    faults: { 'disk-loss': 4, 'one-way-partition': 6, 'broker-restart': 4 },
    runs: 60,
    isCheap: true,
  },
  {
    name: 'lso-ignores-high-watermark',
    breaks: 'stable-offset-went-back',
    program: on('lso-ignores-high-watermark', copy),
    faults: [],
    runs: 5,
    isCheap: true,
  },
  {
    name: 'takeover-keeps-epoch',
    breaks: 'two-writers',
    program: on('takeover-keeps-epoch', copy),
    faults: ['zombie', 'process-crash'],
    runs: 10,
    isCheap: true,
  },
  {
    name: 'assigned-to-everybody',
    breaks: 'two-owners',
    program: on('assigned-to-everybody', copy),
    faults: ['rebalance'],
    runs: 10,
    isCheap: true,
  },
  {
    name: 'committed in finally',
    breaks: 'noLoss',
    program: committedInFinally,
    faults: ['process-crash'],
    runs: 20,
    isCheap: true,
  },
  {
    name: 'marked as seen first',
    breaks: 'noLoss',
    program: markedAsSeenFirst,
    faults: ['process-crash'],
    runs: 500,
    isCheap: true,
  },
  {
    name: 'spread over partitions',
    breaks: 'ordered',
    program: spreadOverPartitions,
    faults: ['rebalance'],
    runs: 300,
    isCheap: true,
  },
  {
    name: 'retry-before-order',
    breaks: 'ordered',
    program: charging(withoutRule('retry-before-order', inOrder)),
    faults: ['delay'],
    runs: 10,
    isCheap: true,
  },
  {
    name: 'note-apart',
    breaks: 'exactlyOnce',
    program: redrives(redrivenWithout('note-apart', billsDead)),
    faults: ['process-crash'],
    runs: 100,
    isCheap: false,
  },
  {
    name: 'not-alone',
    breaks: 'exactlyOnce',
    program: redrives(redrivenWithout('not-alone', billsDead)),
    faults: ['delay'],
    runs: 20,
    isCheap: true,
  },
  ...diskMutants,
  ...moverMutants,
]
