import type { Mutant } from '../../src/engines/simulated/cluster-options.ts'
import type { FaultName } from '../../src/testing/index.ts'
import type { Program } from './program.ts'
import { bulky, slowTransactions } from './programs/by-hand.ts'
import { chain, copy } from './programs/pipelines.ts'
import { committedInFinally, markedAsSeenFirst, spreadOverPartitions } from './programs/wrong.ts'

/** Something that is wrong on purpose, and the runs that have to find it. */
export interface Planted {
  readonly name: Mutant | 'committed in finally' | 'marked as seen first' | 'spread over partitions'
  readonly program: Program
  readonly faults: readonly FaultName[]
  /** Within how many runs it has to be found. */
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
    program: on('dedup-off', copy),
    faults: ['loss', 'duplicate-request'],
    runs: 60,
    isCheap: true,
  },
  {
    name: 'sequence-check-off',
    program: on('sequence-check-off', bulky),
    faults: ['loss', 'reordering', 'delay'],
    runs: 300,
    isCheap: true,
  },
  {
    name: 'offsets-outside-transaction',
    program: on('offsets-outside-transaction', copy),
    faults: ['process-crash', 'zombie'],
    runs: 200,
    isCheap: true,
  },
  {
    name: 'lso-is-high-watermark',
    program: on('lso-is-high-watermark', chain),
    faults: ['process-crash', 'zombie'],
    runs: 60,
    isCheap: true,
  },
  {
    name: 'high-watermark-ignores-maximal-isr',
    program: on('high-watermark-ignores-maximal-isr', copy, { records: 100, cluster: { replicaLagMs: 300 } }),
    faults: ['delay', 'one-way-partition', 'broker-crash', 'isolation'],
    runs: 3_000,
    isCheap: false,
  },
  {
    name: 'old-transaction-rules',
    program: on('old-transaction-rules', slowTransactions),
    faults: ['late-end-transaction'],
    runs: 300,
    isCheap: true,
  },
  {
    name: 'no-generation-fencing',
    program: on('no-generation-fencing', slowTransactions),
    faults: ['zombie'],
    runs: 200,
    isCheap: true,
  },
  {
    name: 'acks-1-sold-as-all',
    program: on('acks-1-sold-as-all', copy, dense),
    faults: ['power-loss', 'broker-crash', 'isolation'],
    runs: 60,
    isCheap: true,
  },
  { name: 'committed in finally', program: committedInFinally, faults: ['process-crash'], runs: 20, isCheap: true },
  { name: 'marked as seen first', program: markedAsSeenFirst, faults: ['process-crash'], runs: 500, isCheap: true },
  { name: 'spread over partitions', program: spreadOverPartitions, faults: ['rebalance'], runs: 300, isCheap: true },
]
