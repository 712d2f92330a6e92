/**
 * Buffers that batches are built in, used again: a fresh one costs more than filling it. Their contents are whatever
 * was there before.
 */
const spares: Uint8Array[] = []
const sparesMax = 16
/** What is larger is left to the collector. */
const spareBytesMax = 1024 * 1024
const firstBytes = 16 * 1024

/** A buffer of any size but nothing, to be handed back by {@link giveScratch}. */
export const takeScratch = (): Uint8Array => spares.pop() ?? Buffer.allocUnsafeSlow(firstBytes)

/** Takes `scratch` back: whoever had it must not touch it again. */
export const giveScratch = (scratch: Uint8Array): void => {
  if (spares.length < sparesMax && scratch.length <= spareBytesMax) spares.push(scratch)
}

/** A buffer of `sizeBytes` or more that begins with the first `usedBytes` of `scratch`, which is given up. */
export const growScratch = (scratch: Uint8Array, usedBytes: number, sizeBytes: number): Uint8Array => {
  const larger = Buffer.allocUnsafeSlow(Math.max(sizeBytes, scratch.length * 2))
  larger.set(scratch.subarray(0, usedBytes))
  return larger
}
