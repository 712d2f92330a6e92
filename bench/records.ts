import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Records of 100 bytes: a key of 16 and a value of 84. */
export interface BenchRecord {
  readonly key: string
  readonly value: Uint8Array
}

const keys = 10_000

/** `count` records over 10,000 keys. Few objects, so that what is measured does not wait for the collector to walk them. */
export const benchRecords = (count: number): readonly BenchRecord[] => {
  const different = Array.from({ length: Math.min(count, keys) }, (_, at) => ({
    key: `key-${String((at * 7919) % keys).padStart(12, '0')}`,
    value: new Uint8Array(84).fill(32 + (at % 90)),
  }))
  return Array.from({ length: count }, (_, at) => different[at % keys] as BenchRecord)
}

/** `count` records of 100 bytes, each of another key, counted on from `from`. */
export const orders = (from: number, count: number): readonly BenchRecord[] => {
  const value = new Uint8Array(84).fill(32)
  return Array.from({ length: count }, (_, at) => ({ key: `order${String(from + at).padStart(11, '0')}`, value }))
}

/** The same of ids that are drawn, as orders have them in the wild: none lies beside the one before it. */
export const drawnOrders = (count: number): readonly BenchRecord[] => {
  const value = new Uint8Array(84).fill(32)
  return Array.from({ length: count }, () => ({ key: randomUUID(), value }))
}

/** Runs `work` with a new directory, which is gone afterwards. */
export const inDirectory = async <A>(work: (directory: string) => Promise<A> | A): Promise<A> => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  try {
    return await work(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** `items` in pieces of `size`, the last one shorter. */
export const pieces = <A>(items: readonly A[], size: number): readonly (readonly A[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, at) => items.slice(at * size, (at + 1) * size))
