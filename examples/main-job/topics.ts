import * as t from 'io-ts'
import { bytes, type DeadLetter, deadLetters, type Topic, topic } from 'millrace'
import type { Flight } from './flights.ts'

/** A flight on the wire; its key is the airport it starts from. */
export const FlightEvent: t.Type<FlightEvent> = t.type({
  row: t.number,
  date: t.string,
  delay: t.number,
  distance: t.number,
  destination: t.string,
})
export interface FlightEvent {
  readonly row: number
  readonly date: string
  readonly delay: number
  readonly distance: number
  readonly destination: string
}

/** What the pipeline says about a flight. */
export const Delay: t.Type<Delay> = t.type({
  row: t.number,
  destination: t.string,
  departed: t.string,
  verdict: t.union([t.literal('early'), t.literal('on time'), t.literal('late')]),
  minutesPerThousandMiles: t.number,
})
export interface Delay {
  readonly row: number
  readonly destination: string
  readonly departed: string
  readonly verdict: 'early' | 'on time' | 'late'
  readonly minutesPerThousandMiles: number
}

export const flights: Topic<string, FlightEvent, 'flights'> = topic('flights', {
  key: t.string,
  value: FlightEvent,
  partitions: 4,
})
/** The same topic, to write into it what is no flight. */
export const anythingAsFlight: Topic<string, Uint8Array, 'flights'> = topic('flights', {
  key: t.string,
  value: bytes,
  partitions: 4,
})
export const delays: Topic<string, Delay, 'delays'> = topic('delays', { key: t.string, value: Delay, partitions: 4 })
export const dead: Topic<Uint8Array | null, DeadLetter, 'flights.dead'> = deadLetters('flights.dead')
/** The next row to send, under the key `row`. */
export const feederPosition: Topic<string, number, 'feeder-position'> = topic('feeder-position', {
  key: t.string,
  value: t.number,
  config: { 'cleanup.policy': 'compact' },
})

export const toEvent = ({ row, date, delay, distance, destination }: Flight): FlightEvent => ({
  row,
  date: date.toISOString(),
  delay,
  distance,
  destination,
})

/** The pipeline's work on one flight. */
export const toDelay = ({ row, date, delay, distance, destination }: FlightEvent): Delay => ({
  row,
  destination,
  departed: new Date(Date.parse(date) + delay * 60_000).toISOString(),
  verdict: delay < 0 ? 'early' : delay < 15 ? 'on time' : 'late',
  minutesPerThousandMiles: Math.round((delay / Math.max(distance, 1)) * 1000),
})

const every = 1000
const utf8 = new TextEncoder()

/** What is planted beside the flight in `row`: something that does not decode (no JSON, or no flight), or nothing. */
export const plantedAt = (row: number): Uint8Array | undefined => {
  if (row % every !== every / 2) return undefined
  return utf8.encode(row % (2 * every) < every ? `no flight: ${row}` : `{"row":"${row}"}`)
}

/** The row that something planted stood beside; `undefined` for anything else. */
export const rowOfPlanted = (text: string): number | undefined => {
  const [, row] = /^no flight: (\d+)$/.exec(text) ?? /^\{"row":"(\d+)"\}$/.exec(text) ?? []
  return row === undefined ? undefined : Number(row)
}
