import type { Program } from '../program.ts'
import { bulky, consumers, slowTransactions, transactions } from './by-hand.ts'
import { delayedPrograms } from './delayed.ts'
import { mainJob } from './main-job.ts'
import { programsOnDisk } from './on-disk.ts'
import { chain, copy, copyAtLeastOnce, copyAtMostOnce, totals } from './pipelines.ts'
import { redrives } from './redrives.ts'
import { charging, inOrder } from './retries.ts'
import { copyUncleanly } from './unclean.ts'

/** What we promise of our own programs, all to be kept under every fault of `jepsen`. */
export const programs: readonly Program[] = [
  mainJob,
  copy,
  copyAtLeastOnce,
  copyAtMostOnce,
  totals,
  chain,
  consumers,
  transactions,
  slowTransactions,
  bulky,
  copyUncleanly,
  charging(inOrder),
  redrives(),
  ...delayedPrograms,
  ...programsOnDisk,
]
