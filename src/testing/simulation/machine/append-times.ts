import { type Position, partitionName } from '../../../contracts/position.ts'

interface Written {
  readonly from: number
  /** Exclusive. */
  readonly to: number
  readonly atMs: number
}

/** When records were appended, as far as anybody was told: milliseconds since the epoch. */
export class AppendTimes {
  readonly #written = new Map<string, Written[]>()

  /** So many records from there on were there at `atMs`, at the latest; what is known already stays. */
  note(at: Position, records: number, atMs: number): void {
    const name = partitionName(at)
    const written = this.#written.get(name) ?? []
    this.#written.set(name, written)
    written.push({ from: at.offset, to: at.offset + records, atMs })
  }

  of(record: Position): number | undefined {
    const { offset } = record
    return this.#written.get(partitionName(record))?.find(({ from, to }) => from <= offset && offset < to)?.atMs
  }
}
