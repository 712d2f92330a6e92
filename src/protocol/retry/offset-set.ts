/** How many offsets share a page. */
const pageBits = 4_096

/** A set of offsets of one partition: a bit each where they lie side by side. */
export class OffsetSet {
  readonly #pages = new Map<number, Uint32Array>()

  has(offset: number): boolean {
    const page = this.#pages.get(Math.floor(offset / pageBits))
    return page !== undefined && ((page[wordOf(offset)] as number) & bitOf(offset)) !== 0
  }

  add(offset: number): void {
    const number = Math.floor(offset / pageBits)
    let page = this.#pages.get(number)
    if (page === undefined) {
      page = new Uint32Array(pageBits / 32)
      this.#pages.set(number, page)
    }
    page[wordOf(offset)] = (page[wordOf(offset)] as number) | bitOf(offset)
  }
}

// offsets go beyond 32 bits, within a page they do not
const wordOf = (offset: number): number => (offset % pageBits) >>> 5
const bitOf = (offset: number): number => 1 << (offset % 32)
