import { describe, expect, it } from 'vitest'
import { settle } from '../../../../src/contracts/settle.ts'
import { task } from '../../../../src/contracts/stream-record.ts'
import { memoryEngine } from '../../../../src/engines/embedded/open-url.ts'
import type { Change } from '../../../../src/engines/simulated/invariants/committed-changes.ts'
import { systemClock, systemRandom } from '../../../../src/millrace/system.ts'
import { CountedMoments } from '../../../../src/testing/simulation/machine/counted-moments.ts'

const record = (offset: number) => ({
  ...{ topic: 'out', partition: 0, offset, id: `out-0-${offset}`, timestamp: 0, headers: new Map() },
  ...{ key: null, value: new Uint8Array([offset]), [task]: undefined },
})
const evidence = (...offsets: readonly number[]) => ({
  topics: new Map([['out', offsets.map(record)]]),
  appendedMs: () => 0,
})
const at = (offset: number) => ({ at: { topic: 'out', partition: 0, offset }, records: 1 })
const offsets = (offset: number) => ({
  group: 'g',
  committed: [{ topic: 'in', partition: 0, offset, metadata: '' }],
})

interface Story {
  readonly moments: CountedMoments
  /** Time goes by. */
  readonly step: () => void
  /** The directory is opened again, and `out` ends there. */
  readonly open: (end: number) => Promise<void>
}

/** What came to count in a story, moment by moment, where these records are there in the end. */
const told = async (story: (parts: Story) => Promise<void> | void, ...there: readonly number[]) => {
  const world = { now: 0, trace: { steps: 0 } }
  const moments = new CountedMoments(world)
  const engine = await settle(memoryEngine({ name: 'memory:', clock: systemClock, random: systemRandom }))
  const step = () => void world.trace.steps++
  const open = async (offset: number) => {
    const ends = [{ topic: 'out', partition: 0, offset }]
    const offsets = () => async () => ({ _tag: 'Right' as const, right: ends })
    step()
    await moments.look({ ...engine, reader: { ...engine.reader, offsets } }, ends)
    step()
  }
  await story({ moments, step, open })
  const of = (change: Change) => (change._tag === 'offset' ? `g at ${change.offset}` : change.topic)
  return moments.momentsOf(evidence(...there)).map(({ changes }) => changes.map(of).join())
}

describe('what came to count on a machine', () => {
  it('is a transaction with all that is in it, once it is committed', async () => {
    const story = ({ moments, step }: Story) => {
      const committed = moments.commits([at(0), at(1)], [offsets(2)])
      moments.appended(at(3))
      step()
      committed()
    }
    expect(await told(story, 0, 1, 3)).toEqual(['out', 'out,out,g at 2'])
  })

  it('is what the next process finds of what nobody was told', async () => {
    const story = async ({ moments, open }: Story) => {
      moments.appended(at(0))
      moments.commits([at(1)], [])
      await open(2)
    }
    expect(await told(story, 0, 1)).toEqual(['out', 'out'])
  })

  it('is not what was lost, although something else has come to lie there since', async () => {
    const story = async ({ moments, open }: Story) => {
      moments.appended(at(0))
      moments.commits([at(1)], [offsets(2)])
      await open(1)
      moments.commits([at(1)], [offsets(2)])()
    }
    expect(await told(story, 0, 1)).toEqual(['out', '', 'out,g at 2'])
  })

  it('is not known after something that may have happened, until the directory is opened again', async () => {
    const story = async ({ moments, step, open }: Story) => {
      moments.appended(at(0))
      step()
      moments.failed()
      moments.appended(at(1))
      await open(2)
    }
    expect(await told(story, 0, 1)).toEqual(['out', 'out'])
  })
})
