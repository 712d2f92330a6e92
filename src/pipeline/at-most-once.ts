import { MillraceError } from '../contracts/failure.ts'
import type { Committer, CommitterSetup } from './committer.ts'
import { commitOffsets, writeOutputs } from './without-transactions.ts'

/**
 * Offsets first, before their records run at all, so that their outside effects too happen at most once; then outputs.
 * A crash skips what was fetched and not written.
 */
export const atMostOnce = async (o: CommitterSetup): Promise<Committer> => {
  const producer = await o.calls.again('opening a producer', () => o.engine.producer())
  return {
    commit: async (taken) => {
      try {
        return await writeOutputs(o, producer, taken)
      } catch (error) {
        // a topic takes less than it did, and some may have been written: once more could be twice
        if (!(error instanceof MillraceError) || error.code !== 'record-too-large') throw error
        o.calls.tell('what was to be written is skipped, as at-most-once may', error.failure)
        return []
      }
    },
    beforeRecords: (ahead) =>
      commitOffsets(o, () =>
        // whoever has a task by now may have gone further
        ahead.filter(({ task }) => task.isOurs).map(({ position }) => ({ ...position, metadata: '' })),
      ),
    close: async () => void (await producer.close()()),
  }
}
