import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../../contracts/clock.ts'
import type { Engine, Reader } from '../../contracts/engine.ts'

/** A commit that was answered is seen well before. */
const patienceMs = 1_000

/**
 * `engine`, whose `settled` waits no longer for open transactions than a moment: then it answers where readers of committed
 * records come to now. Somebody who reads up to the end must not wait for a program that may be dead.
 */
export const settledSoon = (engine: Engine, clock: Clock): Engine => {
  const settled: Reader['settled'] = (partitions, signal) => async () => {
    const patience = new AbortController()
    const stop = clock.after(patienceMs, () => patience.abort())
    const signals = signal === undefined ? [patience.signal] : [patience.signal, signal]
    const answer = await engine.reader.settled(partitions, AbortSignal.any(signals))()
    stop()
    if (E.isRight(answer) || answer.left.code !== 'cancelled' || signal?.aborted === true) return answer
    const queries = partitions.map((place) => ({ ...place, at: 'latest' as const }))
    return engine.reader.offsets(queries, 'read_committed')()
  }
  return { ...engine, reader: { ...engine.reader, settled } }
}
