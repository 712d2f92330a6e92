import { ownBytes } from './own-bytes.ts'

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Up to here a loop over what is most often ASCII is cheaper than a call. */
const shortMax = 64

/** The bytes of `text`. Lone surrogates become U+FFFD: whoever may have them checks `isWellFormed` first. */
// Not TextEncoder: it took 400 ns for a short key, Buffer.from 150, the loop 90.
export const utf8 = (text: string): Uint8Array => shortAscii(text) ?? longer(text)

/** The text that `bytes` spell, byte order mark and all. Throws a `TypeError` where they are no UTF-8. */
export const fromUtf8 = (bytes: Uint8Array): string => shortAsciiIn(bytes, 0, bytes.length) ?? strict.decode(bytes)

/** The text between `from` and `to` where it is short and of ASCII alone: nothing else is as cheap to tell. */
export const shortAsciiIn = (bytes: Uint8Array, from: number, to: number): string | undefined => {
  if (to - from > shortMax) return undefined
  for (let at = from; at < to; at++) if ((bytes[at] as number) > 0x7f) return undefined
  return latin1.call(bytes, from, to)
}

/** Writes `text` at the beginning of `into`, and answers how long it is; -1 where it is not short, or not of ASCII alone. */
export const writeShortAscii = (text: string, into: Uint8Array): number => {
  const { length } = text
  if (length > shortMax || length > into.length) return -1
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return -1
    into[i] = code
  }
  return length
}

const latin1 = Buffer.prototype.latin1Slice

const shortAscii = (text: string): Uint8Array | undefined => {
  const { length } = text
  if (length > shortMax) return undefined
  const bytes = ownBytes(length)
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return undefined
    bytes[i] = code
  }
  return bytes
}

const longer = (text: string): Uint8Array => {
  const { buffer, byteOffset, length } = Buffer.from(text)
  return new Uint8Array(buffer, byteOffset, length)
}
