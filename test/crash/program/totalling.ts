import type { Position } from '../../../src/contracts/position.ts'
import { changelog, changelogConfig, totalling as name, totallingPipeline } from '../topics.ts'
import type { Stage } from './stage.ts'

/** Folds the input by key, exactly once, and tells how far its group was seen to have come. */
export const totalling = async (stage: Stage): Promise<void> => {
  const { millrace } = stage
  const running = await millrace.run(name, totallingPipeline(stage.isStateOnDisk), {
    concurrency: stage.pick([1, 8]),
    // a record is done at once; the clock may be in a hurry
    timeLimitMs: 200_000,
  })
  running.done.catch((error: unknown) => stage.failed(error))
  await millrace.configure(changelog, changelogConfig).catch((error: unknown) => stage.failed(error))
  for (let act = 0; act < stage.acts; act += 2) {
    await stage.pause(10)
    const positions = await millrace.committed(name).catch((): readonly Position[] => [])
    if (positions.length > 0)
      stage.tell({
        tag: 'reached',
        group: name,
        positions: positions.map(({ topic, partition, offset }) => ({ topic, partition, offset })),
      })
  }
}
