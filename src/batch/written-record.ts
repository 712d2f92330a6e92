import { ByteReader } from './byte-reader.ts'

/** Where the fields of a record are that was written into a batch, and how far its timestamp is from the base. */
export interface WrittenRecord {
  readonly from: number
  readonly to: number
  readonly timestampDelta: number
}

/** Finds the record at `at` of a batch that is our own: nothing is checked. */
export const writtenAt = (bytes: Uint8Array, at: number): WrittenRecord => {
  const reader = new ByteReader(bytes, at)
  const body = reader.varint()
  const to = reader.at + body
  reader.at++ // the attributes
  const timestampDelta = reader.varlong()
  reader.varint() // the offset delta
  return { from: reader.at, to, timestampDelta }
}
