import type { Committer, CommitterSetup } from './committer.ts'
import { commitOffsets, writeOutputs } from './without-transactions.ts'

/**
 * Offsets first, before their records run at all, so that their outside effects too happen at most once; then outputs.
 * A crash skips what was fetched and not written.
 */
export const atMostOnce = async (o: CommitterSetup): Promise<Committer> => {
  const producer = await o.calls.again('opening a producer', () => o.engine.producer())
  return {
    commit: (taken) => writeOutputs(o, producer, taken),
    beforeRecords: (ahead) =>
      commitOffsets(o, () =>
        // whoever has a task by now may have gone further
        ahead.filter(({ task }) => task.isOurs).map(({ position }) => ({ ...position, metadata: '' })),
      ),
    close: async () => void (await producer.close()()),
  }
}
