import type { Faults } from '../../src/testing/index.ts'
import type { Program } from './program.ts'
import { slowTransactions } from './programs/by-hand.ts'
import { mainJob } from './programs/main-job.ts'
import { onDisk } from './programs/on-disk.ts'
import { chain, copy } from './programs/pipelines.ts'
import { copyUncleanly } from './programs/unclean.ts'

/** Situations that runs under `jepsen` come into by themselves, in so many minutes at most, or they show less than they seem to. */
const withinMinutes: Readonly<Record<string, number>> = {
  'no answer': 1,
  'leader changed': 1,
  'isr shrunk': 1,
  'isr grown': 1,
  'not-leader': 1,
  'not-coordinator': 1,
  'duplicate recognised': 1,
  'producer-fenced': 1,
  'concurrent-transactions': 1,
  'rebalance-in-progress': 1,
  'unknown-member': 1,
}

/** What is too rare to wait for is looked for, by a program under faults that lead there. */
export interface Hunt {
  /** All of them; it ends once each was come into. */
  readonly goals: readonly string[]
  readonly program: Program
  readonly faults: Faults
}

/** From how many minutes on there is a hunt for everything, and nothing may be missed. */
export const huntMinutes = 2

export const hunts: readonly Hunt[] = [
  {
    goals: [
      'transaction moved in Ongoing',
      'transaction moved in PrepareCommit',
      'transaction moved in CompleteCommit',
      'group moved with undecided offsets',
      'group moved in PreparingRebalance',
      'not-enough-replicas',
      'marker repeated',
    ],
    program: slowTransactions,
    faults: { 'coordinator-failover': 8, 'process-crash': 2 },
  },
  {
    goals: ['transaction timed out', 'crash before endTransaction', 'crash after endTransaction', 'unstable-offsets'],
    program: slowTransactions,
    faults: { 'process-crash': 12 },
  },
  {
    goals: ['unclean election', 'offset-out-of-range'],
    program: copyUncleanly,
    faults: { 'broker-crash': { times: 8, forMs: [1_000, 5_000] } },
  },
  {
    goals: ['illegal-generation'],
    program: slowTransactions,
    faults: { rebalance: 5, delay: { times: 3, severity: 1 } },
  },
  {
    goals: ['invalid-producer-epoch'],
    program: mainJob,
    faults: ['jepsen', { zombie: 6 }],
  },
  {
    goals: ['corrupt-log', 'leadership-lost', 'truncated'],
    program: copy,
    faults: { 'disk-corruption': 6, 'broker-restart': 2 },
  },
  {
    goals: ['sequence wrapped', 'epoch exhausted'],
    program: copy,
    faults: { 'near-wrap': 1, 'process-crash': 2 },
  },
  {
    goals: [
      'crash in the middle of an operation',
      'crash while opening',
      'unsynced kept',
      'unsynced lost',
      'unsynced lost in part',
      'records nobody was told of',
      'storage-full',
    ],
    program: onDisk(chain),
    faults: 'jepsen',
  },
]

/** Those that the few runs of every `npm test` come into: what is rarer has tests of its own. */
export const everyTime: readonly string[] = [
  'no answer',
  'leader changed',
  'isr shrunk',
  'isr grown',
  'truncated',
  'not-leader',
  'not-coordinator',
  'duplicate recognised',
  'producer-fenced',
  'concurrent-transactions',
  'unstable-offsets',
  'rebalance-in-progress',
  'unknown-member',
  'epoch exhausted',
  'group moved in Stable',
  'group moved in PreparingRebalance',
  'crash in the middle of an operation',
  'crash while opening',
  'unsynced lost',
  'unsynced kept',
]

/** Those that should have been come into by then, and were not. */
export const missed = (reached: Readonly<Record<string, number>>, minutes: number): readonly string[] => {
  const byThemselves = Object.entries(withinMinutes).flatMap(([goal, within]) => (minutes >= within ? [goal] : []))
  const hunted = minutes >= huntMinutes ? hunts.flatMap(({ goals }) => goals) : []
  return [...byThemselves, ...hunted].filter((goal) => reached[goal] === undefined)
}
