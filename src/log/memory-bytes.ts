const chunkBytes = 256 * 1024
const firstBytes = 512

/** Bytes that grow at the end without moving what is there, but for the first few. Holes read as zeros. */
export class MemoryBytes {
  readonly #chunks: Uint8Array[] = []
  size = 0

  read(target: Uint8Array, position: number): number {
    const count = Math.max(0, Math.min(target.length, this.size - position))
    for (let done = 0; done < count; ) {
      const { index, at, room } = place(position + done)
      const length = Math.min(room, count - done)
      const chunk = this.#chunks[index] ?? empty
      const there = chunk.subarray(at, at + length)
      target.set(there, done)
      if (there.length < length) target.fill(0, done + there.length, done + length)
      done += length
    }
    return count
  }

  write(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length; ) {
      const { index, at, room } = place(position + done)
      const length = Math.min(room, bytes.length - done)
      this.#chunk(index, at + length).set(bytes.subarray(done, done + length), at)
      done += length
    }
    this.size = Math.max(this.size, position + bytes.length)
  }

  truncate(size: number): void {
    const { index, at } = place(size)
    if (size < this.size) {
      this.#chunks.splice(at === 0 ? index : index + 1)
      this.#chunks[index]?.fill(0, at)
    }
    this.size = size
  }

  #chunk(index: number, needed: number): Uint8Array {
    const chunk = this.#chunks[index] ?? empty
    if (chunk.length >= needed) return chunk
    let length = index === 0 ? Math.max(firstBytes, chunk.length) : chunkBytes
    while (length < needed) length *= 2
    const grown = new Uint8Array(length)
    grown.set(chunk)
    this.#chunks[index] = grown
    return grown
  }
}

const empty = new Uint8Array(0)

const place = (position: number) => {
  const index = Math.floor(position / chunkBytes)
  const at = position - index * chunkBytes
  return { index, at, room: chunkBytes - at }
}
