import type { Committer, CommitterSetup } from './committer.ts'
import { offsetsOf } from './live-task.ts'
import { commitOffsets, writeOutputs } from './without-transactions.ts'

/** Outputs first, then offsets: a crash between the two repeats what was written. */
export const atLeastOnce = async (o: CommitterSetup): Promise<Committer> => {
  const producer = await o.calls.again('opening a producer', () => o.engine.producer())
  return {
    commit: async (taken) => {
      const written = await writeOutputs(o, producer, taken)
      await commitOffsets(o, () => offsetsOf(taken.filter(({ task }) => task.isOurs)))
      return written
    },
    beforeRecords: () => Promise.resolve(),
    close: async () => void (await producer.close()()),
  }
}
