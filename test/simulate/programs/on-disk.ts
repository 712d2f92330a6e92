import type { MachineOptions } from '../../../src/testing/index.ts'
import type { Program } from '../program.ts'
import { consumers, transactions } from './by-hand.ts'
import { mainJob } from './main-job.ts'
import { chain, copy, copyAtLeastOnce, copyAtMostOnce, totals } from './pipelines.ts'

/** The same program over the embedded engine, on a disk that forgets. */
export const onDisk = ({ name, options }: Program, machine: Partial<MachineOptions> = {}): Program => {
  const { instances: _alone, cluster: _none, ...others } = options
  const durability = machine.durability === undefined ? '' : `, ${machine.durability}`
  return { name: `${name} on disk${durability}`, options: { ...others, engine: 'embedded', machine } }
}

/** Sends follow each other so closely that they share a sync, and commits come while one is under way. */
const dense = ({ name, options }: Program): Program => ({
  name: `${name}, dense`,
  options: { ...options, records: 60, lengthMs: 500 },
})

export const programsOnDisk: readonly Program[] = [
  ...[mainJob, copy, dense(copy), copyAtLeastOnce, copyAtMostOnce, totals, chain, consumers, transactions].map((one) =>
    onDisk(one),
  ),
  onDisk(copy, { durability: 'process' }),
  onDisk(totals, { durability: 'process' }),
]
