import type { Millrace } from 'millrace'
import { type Flight, readFlights } from './flights.ts'
import { anythingAsFlight, feederPosition, flights, plantedAt, toEvent } from './topics.ts'

const flightsPerTransaction = 1000

/** The row to go on with: whatever the last transaction that was committed says. */
const nextRow = async (millrace: Millrace): Promise<number> => {
  let next = 0
  for await (const { value } of millrace.read(feederPosition, { until: 'latest' })) next = value
  return next
}

/** Sends `batch` and where to go on after it, both or neither. */
const send = (millrace: Millrace, batch: readonly Flight[], next: number): Promise<void> =>
  millrace.transaction(async (tx) => {
    await tx.send(
      flights,
      batch.map((flight) => ({ key: flight.origin, value: toEvent(flight) })),
    )
    const planted = batch.flatMap(({ row, origin }) => {
      const value = plantedAt(row)
      return value === undefined ? [] : [{ key: origin, value }]
    })
    if (planted.length > 0) await tx.send(anythingAsFlight, planted)
    await tx.send(feederPosition, [{ key: 'row', value: next }])
  })

/**
 * Sends the file's first `rows` flights to the topic, from where the last process got to.
 *
 * A batch and the position behind it are one transaction, so a kill at any moment leaves both or neither:
 * no flight is sent twice, none is left out. `onSent` gets the number of flights sent so far.
 */
export const feed = async (millrace: Millrace, rows: number, onSent: (sent: number) => void): Promise<void> => {
  const start = await nextRow(millrace)
  onSent(start)
  for await (const read of readFlights(start, rows)) {
    for (let at = 0; at < read.length; at += flightsPerTransaction) {
      const batch = read.slice(at, at + flightsPerTransaction)
      const next = (batch.at(-1)?.row ?? 0) + 1
      await send(millrace, batch, next)
      onSent(next)
    }
  }
}
