import type { StateStore } from '../contracts/state-store.ts'

/** State in a `Map`: as large as memory, as durable as its changelog. */
export const memoryStore = (): StateStore => {
  const values = new Map<string, Uint8Array>()
  return {
    get: (key) => values.get(key),
    set: (key, value) => {
      if (value === undefined) values.delete(key)
      else values.set(key, value)
    },
    size: () => values.size,
    close: () => values.clear(),
  }
}
