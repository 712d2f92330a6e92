import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from 'hyparquet'

/** How many flights the file has: all of the United States' in the first half of 2001. */
export const flightsInFile = 3_000_000

// The package exports its code only: its data lies beside that.
const path = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '../data/flights-3m.parquet')

/** A flight as the file has it. */
export interface Flight {
  /** Its number in the file, from 0. */
  readonly row: number
  /** The scheduled departure, local time. */
  readonly date: Date
  /** Minutes; negative when it was early. */
  readonly delay: number
  /** Miles. */
  readonly distance: number
  /** Airports, by their three letters. */
  readonly origin: string
  readonly destination: string
}

interface Row {
  readonly date: Date
  readonly delay: bigint
  readonly distance: bigint
  readonly origin: string
  readonly destination: string
}

const toFlight = (raw: Row, row: number): Flight => ({
  row,
  date: raw.date,
  delay: Number(raw.delay),
  distance: Number(raw.distance),
  origin: raw.origin,
  destination: raw.destination,
})

/** Where the file's row groups begin, and where the last one ends: reading less than one costs as much as all of it. */
const rowGroups = (metadata: FileMetaData): readonly number[] =>
  metadata.row_groups.reduce<number[]>(
    (starts, group) => [...starts, (starts.at(-1) ?? 0) + Number(group.num_rows)],
    [0],
  )

const readRows = async (file: AsyncBuffer, metadata: FileMetaData, rowStart: number, rowEnd: number) =>
  (await parquetReadObjects({
    file,
    metadata,
    rowStart,
    rowEnd,
    compressors: { ZSTD: (bytes) => zstdDecompressSync(bytes) },
  })) as unknown as readonly Row[]

/** The flights from row `from` up to row `to`, in the file's order, some hundred thousand at a time. */
export async function* readFlights(from: number, to: number): AsyncGenerator<readonly Flight[]> {
  const file = await asyncBufferFromFile(path)
  const metadata = await parquetMetadataAsync(file)
  const starts = rowGroups(metadata)
  for (const [at, start] of starts.entries()) {
    const [rowStart, rowEnd] = [Math.max(start, from), Math.min(starts[at + 1] ?? start, to)]
    if (rowStart >= rowEnd) continue
    const rows = await readRows(file, metadata, rowStart, rowEnd)
    yield rows.map((row, index) => toFlight(row, rowStart + index))
  }
}
