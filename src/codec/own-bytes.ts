/** What is longer has an array of its own. */
const pooledBytesMax = 1024
/** Cut from Node's own pool, which nobody can transfer away: that takes less than half of one. */
const poolBytes = 4095

let pool = Buffer.allocUnsafe(poolBytes)
let used = 0

/** `length` bytes that nobody else has, whatever is in them: short ones side by side in one buffer, as Node's own are. */
export const ownBytes = (length: number): Uint8Array => {
  if (length > pooledBytesMax) return new Uint8Array(length)
  if (used + length > poolBytes) {
    pool = Buffer.allocUnsafe(poolBytes)
    used = 0
  }
  const at = pool.byteOffset + used
  used += length
  return new Uint8Array(pool.buffer, at, length)
}

/** A copy of `bytes`. */
// A fresh array for each took 200 to 400 ns, this 50.
export const ownCopy = (bytes: Uint8Array): Uint8Array => {
  const own = ownBytes(bytes.length)
  own.set(bytes)
  return own
}

/** A copy of what is in `bytes` between `from` and `to`. */
// Not of a view: that costs as much as the copy.
export const ownCopyOf = (bytes: Uint8Array, from: number, to: number): Uint8Array => {
  const own = ownBytes(to - from)
  copy.call(bytes, own, 0, from, to)
  return own
}

const { copy } = Buffer.prototype
