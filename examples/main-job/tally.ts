/** Counts the records of a topic by the row of the file that they come from. */
export class Tally {
  readonly #seen: Uint8Array
  readonly #lastOfKey: Map<string, number> = new Map()
  records = 0
  /** Rows that were seen at least once. */
  distinct = 0
  /** Records of a row that was seen before. */
  duplicated = 0
  /** Records that come after a later one of their key: within a key, the rows have to rise. */
  reordered = 0
  /** Records of no row, or not as their row should be. */
  wrong = 0

  constructor(rows: number) {
    this.#seen = new Uint8Array(rows)
  }

  /** The next record, in the order in which its partition has it; without a row where it is wrong. */
  add(key: string, row: number | undefined): void {
    this.records += 1
    if (row === undefined) this.wrong += 1
    else if (this.#seen[row] === 1) this.duplicated += 1
    else this.#addFirst(key, row)
  }

  #addFirst(key: string, row: number): void {
    this.#seen[row] = 1
    this.distinct += 1
    const last = this.#lastOfKey.get(key) ?? -1
    if (row < last) this.reordered += 1
    this.#lastOfKey.set(key, Math.max(row, last))
  }
}
