/** Names of headers are few, and come again and again: what they spell, and their bytes, are kept. */
const slots = 256
/** Longer names are read and written anew. */
const nameBytesMax = 64

const read: ({ readonly name: string; readonly bytes: Uint8Array } | undefined)[] = []
const written = new Map<string, Uint8Array>()

/** The name that `bytes` spell from `from` up to `to`. */
// Spelling one takes 100 ns and more, comparing it 10.
export const nameIn = (bytes: Uint8Array, from: number, to: number): string => {
  const length = to - from
  if (length === 0 || length > nameBytesMax) return decoder.decode(bytes.subarray(from, to))
  const slot = (length * 31 + (bytes[to - 1] as number) * 7 + (bytes[from + (length >> 1)] as number)) % slots
  const known = read[slot]
  if (known !== undefined && isThere(known.bytes, bytes, from, length)) return known.name
  const own = bytes.slice(from, to)
  const name = decoder.decode(own)
  read[slot] = { name, bytes: own }
  return name
}

/** The bytes of `name`; nobody may change them. */
export const bytesOfName = (name: string): Uint8Array => {
  const known = written.get(name)
  if (known !== undefined) return known
  const bytes = encoder.encode(name)
  if (bytes.length > nameBytesMax) return bytes
  if (written.size === slots) written.clear()
  written.set(name, bytes)
  return bytes
}

const isThere = (name: Uint8Array, bytes: Uint8Array, from: number, length: number): boolean => {
  if (name.length !== length) return false
  for (let at = 0; at < length; at++) if (name[at] !== bytes[from + at]) return false
  return true
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
