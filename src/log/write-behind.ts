/** What waits at the most. */
const waitingBytesMax = 64 * 1024
/** With how much room it begins. */
const firstBytes = 4 * 1024

/** The end of a file that is not written yet: in memory, in one piece. */
export class WriteBehind {
  #bytes = none
  #sizeBytes = 0
  #position = 0

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** What there is, if anything. */
  get parts(): readonly Uint8Array[] {
    return this.#sizeBytes === 0 ? [] : [this.#bytes.subarray(0, this.#sizeBytes)]
  }

  /** Where in the file it begins; `position` where there is nothing. */
  startOr(position: number): number {
    return this.#sizeBytes === 0 ? position : this.#position
  }

  /** Copies `parts` behind what there is; false, and nothing is added, where that would be too much. */
  add(parts: readonly Uint8Array[], position: number): boolean {
    let end = this.#sizeBytes
    for (const part of parts) end += part.length
    if (end > waitingBytesMax) return false
    this.#position = this.startOr(position)
    this.#room(end)
    for (const part of parts) {
      this.#bytes.set(part, this.#sizeBytes)
      this.#sizeBytes += part.length
    }
    return true
  }

  /** It is written; more will follow soon, and finds the same room. */
  restart(): void {
    this.#sizeBytes = 0
  }

  /** Gives the room back, too. */
  clear(): void {
    this.#bytes = none
    this.#sizeBytes = 0
  }

  /** Fills `target` from `position`: what lies before, `readBefore` fills in. Answers how many bytes there were. */
  read(target: Uint8Array, position: number, readBefore: (part: Uint8Array) => number): number {
    const before = Math.min(target.length, Math.max(0, this.#position - position))
    const there = before === 0 ? 0 : readBefore(target.subarray(0, before))
    if (there < before) return there
    const from = Math.max(0, position - this.#position)
    const count = Math.max(0, Math.min(target.length - before, this.#sizeBytes - from))
    target.set(this.#bytes.subarray(from, from + count), before)
    return before + count
  }

  #room(sizeBytes: number): void {
    if (sizeBytes <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(firstBytes, sizeBytes, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.#sizeBytes))
    this.#bytes = grown
  }
}

const none = new Uint8Array(0)
