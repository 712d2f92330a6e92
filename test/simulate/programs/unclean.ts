import * as fc from 'fast-check'
import { to } from '../../../operators/index.ts'
import { faultNames } from '../../../src/engines/simulated/faults/nemesis.ts'
import { type Millrace, stream } from '../../../src/index.ts'
import { type Program, program } from '../program.ts'
import { copies, numbers } from './keyed-numbers.ts'

const input = numbers('numbers')
const copied = numbers('copied')
const keys = ['a', 'b', 'c'] as const

/** Values that tell their keys, so that what nobody has sent is seen to be that. */
const telling = fc
  .record({ key: fc.nat({ max: keys.length - 1 }), value: fc.noShrink(fc.noBias(fc.nat({ max: 2 ** 28 }))) })
  .map(({ key, value }) => ({ key: keys[key] ?? keys[0], value: keys.length * value + key }))

/** Whether the group has committed behind what is left: a pipeline of that name does not go on, and says so. */
const isBeyond = async (millrace: Millrace, group: string): Promise<boolean> => {
  const ends = new Map<number, number>()
  for await (const { partition, offset } of millrace.read(input, { until: 'latest' })) ends.set(partition, offset + 1)
  const committed = await millrace.committed(group)
  return committed.some(({ partition, offset }) => offset > (ends.get(partition) ?? 0))
}

/**
 * Faults under which it is not there again by itself: where somebody else knows of commits that are gone, and where a batch
 * may be in a log that has forgotten who sent it.
 */
const spared = faultNames.filter(
  (name) =>
    !['broker-crash', 'broker-restart', 'process-crash', 'disk-full', 'slow-consumer', 'clock-step'].includes(name),
)

/**
 * A pipeline where one replica is enough to acknowledge, and anybody may lead: acknowledged records, outputs and offsets
 * may be lost. What is left to be promised is that there is nothing else, in the order in which it was sent, and that it
 * gets to the end, once somebody has done what the pipeline says where its offsets are of records that are gone.
 */
export const copyUncleanly: Program = program(
  'copy, unclean elections',
  {
    app: async (millrace) => {
      if (await isBeyond(millrace, 'copy')) await millrace.deleteGroup('copy')
      return millrace.run('copy', stream(input).pipe(to(copied)), { guarantee: 'at-least-once' })
    },
    topics: [input, copied],
    input: { numbers: telling },
    instances: 1,
    cluster: {
      uncleanLeaderElection: true,
      eligibleLeaderReplicas: false,
      minInsyncReplicas: 1,
      brokerSessionMs: 1_500,
      replicaLagMs: 500,
    },
    expect: (e) => [
      e.ordered(copied, ({ numbers }) => copies(numbers)),
      e.eventually(copied, 'each record is one that was sent', (records) =>
        records.every(({ key, value }) => keys[value % keys.length] === key),
      ),
    ],
  },
  { spared },
)
