import { connect, type Millrace } from 'millrace'
import { FlightTable } from './flight-table.ts'
import { Tally } from './tally.ts'
import { type Delay, dead, delays, plantedAt, rowOfPlanted, toDelay, toEvent } from './topics.ts'

/** How what came out compares with what went in. */
export interface Verdict {
  readonly input: number
  readonly output: number
  readonly deadLetters: number
  readonly lost: number
  readonly duplicated: number
  readonly reordered: number
  /** Records that are not what the file says: another key, other content, a flight that was never sent. */
  readonly wrong: number
}

const sameDelay = (a: Delay, b: Delay): boolean =>
  a.destination === b.destination &&
  a.departed === b.departed &&
  a.verdict === b.verdict &&
  a.minutesPerThousandMiles === b.minutesPerThousandMiles

/** Compares each record of `delays` with what the file's flight gives. */
const judgeDelays = async (millrace: Millrace, table: FlightTable): Promise<Tally> => {
  const tally = new Tally(table.rows)
  for await (const { key, value } of millrace.read(delays, { until: 'latest' })) {
    const flight = table.at(value.row)
    const right = flight !== undefined && flight.origin === key && sameDelay(value, toDelay(toEvent(flight)))
    tally.add(key, right ? value.row : undefined)
  }
  return tally
}

const textOf = (base64: string | null): string => Buffer.from(base64 ?? '', 'base64').toString()

/** Compares each dead letter with what was planted. */
const judgeDeadLetters = async (millrace: Millrace, table: FlightTable): Promise<Tally> => {
  const tally = new Tally(table.rows)
  for await (const { value } of millrace.read(dead, { until: 'latest' })) {
    const [key, row] = [textOf(value.record.key), rowOfPlanted(textOf(value.record.value))]
    const right = row !== undefined && plantedAt(row) !== undefined && table.at(row)?.origin === key
    tally.add(key, right ? row : undefined)
  }
  return tally
}

const plantedIn = (rows: number): number => {
  let planted = 0
  for (let row = 0; row < rows; row += 1) if (plantedAt(row) !== undefined) planted += 1
  return planted
}

/** Reads everything back and compares it with a direct computation over the file's first `rows` flights. */
export const verify = async (data: string, rows: number): Promise<Verdict> => {
  const table = await FlightTable.read(rows)
  const planted = plantedIn(rows)
  const millrace = await connect(`file:${data}`)
  try {
    const mapped = await judgeDelays(millrace, table)
    const letters = await judgeDeadLetters(millrace, table)
    return {
      input: rows + planted,
      output: mapped.records,
      deadLetters: letters.records,
      lost: rows - mapped.distinct + (planted - letters.distinct),
      duplicated: mapped.duplicated + letters.duplicated,
      reordered: mapped.reordered + letters.reordered,
      wrong: mapped.wrong + letters.wrong,
    }
  } finally {
    await millrace.close()
  }
}
