import type { BatchWork } from '../contracts/in-batches.ts'
import type { Entry } from './entry.ts'

/** The entries that go into bulk work together: those that wait for it in a row, as many as it takes. */
export const bulkOf = (window: Iterable<Entry>, stage: number, maxRecords: number): readonly Entry[] => {
  const taken: Entry[] = []
  let records = 0
  for (const entry of window) {
    if (entry.state === 'done' || entry.stage > stage) continue
    if (entry.state !== 'gathered') break
    const count = entry.passed?.length ?? 0
    if (taken.length > 0 && records + count > maxRecords) break
    taken.push(entry)
    records += count
  }
  return taken
}

/**
 * Hands `work` the records of all `entries`. Where that fails each entry goes alone, in order, so that the failure has
 * an owner: those that fail alone have failed, with their own reason. `call` begins a call and answers its signal;
 * aborting that ends the call, whether or not the work heeds it.
 */
export const runBulk = async (
  entries: readonly Entry[],
  { work }: BatchWork,
  call: (entries: readonly Entry[]) => AbortSignal,
): Promise<void> => {
  const attempt = async (together: readonly Entry[]): Promise<void> => {
    const records = together.flatMap((entry) => entry.passed ?? [])
    const signal = call(together)
    if (records.length > 0) await Promise.race([work(records, signal), rejection(signal)])
  }
  const busy = entries.filter((entry) => (entry.passed?.length ?? 0) > 0)
  try {
    return await attempt(busy)
  } catch (reason) {
    if (busy.length === 1) return busy[0]?.fail(reason)
  }
  for (const entry of busy) {
    try {
      await attempt([entry])
    } catch (reason) {
      entry.fail(reason)
    }
  }
}

const rejection = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
