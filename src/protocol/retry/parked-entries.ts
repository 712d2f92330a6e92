import type { ParkedKey } from './parking.ts'

/** What the key of a store's entry begins with: what it is about, for a key and for none. */
const kinds = { keyed: { state: 0, record: 1 }, keyless: { state: 2, record: 3 } } as const

const kindsOf = (key: Uint8Array | null): (typeof kinds)['keyed' | 'keyless'] =>
  key === null ? kinds.keyless : kinds.keyed

/** Under which key a store keeps the state of the parked `key`. No two keys share one, and none is a record's. */
export const stateKeyOf = (key: Uint8Array | null): Uint8Array => {
  const bytes = new Uint8Array(1 + (key?.length ?? 0))
  bytes[0] = kindsOf(key).state
  if (key !== null) bytes.set(key, 1)
  return bytes
}

/** Whether an entry under `key` is the state of a parked key. */
export const isStateKey = (key: Uint8Array): boolean => key[0] === kinds.keyed.state || key[0] === kinds.keyless.state

/** Under which key a store keeps record `number` of the parked `key`. An entry each: one more does not write the others again. */
export const recordKeyOf = (key: Uint8Array | null, number: number): Uint8Array => {
  const bytes = new Uint8Array(9 + (key?.length ?? 0))
  bytes[0] = kindsOf(key).record
  new DataView(bytes.buffer).setFloat64(1, number)
  if (key !== null) bytes.set(key, 9)
  return bytes
}

/** The state of a parked key as a store keeps it. */
export const stateBytes = (state: ParkedKey): Uint8Array => encoder.encode(JSON.stringify(state))

/** What {@link stateBytes} wrote. */
export const stateOf = (bytes: Uint8Array): ParkedKey => JSON.parse(decoder.decode(bytes)) as ParkedKey

const encoder = new TextEncoder()
const decoder = new TextDecoder()
