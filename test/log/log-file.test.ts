import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Storage, StorageError } from '../../src/contracts/storage.ts'
import { LogDirectory } from '../../src/log/log-directory.ts'
import { LogFile } from '../../src/log/log-file.ts'
import { memoryStorage } from '../../src/log/memory-storage.ts'

/** A storage that says whether there is room. */
const storageWithRoom = () => {
  const state = { isFull: false }
  const memory = memoryStorage()
  memory.makeDirectory('d')
  const storage: Storage = {
    ...memory,
    open: (path, mode) => {
      const file = memory.open(path, mode)
      return {
        ...file,
        size: () => file.size(),
        read: (target, position) => file.read(target, position),
        write: (parts, position) => {
          if (state.isFull) throw new StorageError('full', path, `cannot write ${path}: ENOSPC`)
          file.write(parts, position)
        },
      }
    },
  }
  return { state, storage }
}

type Step =
  | { readonly does: 'append'; readonly parts: readonly number[] }
  | { readonly does: 'flush' | 'close' | 'fill up' | 'make room' }
  | { readonly does: 'read'; readonly from: number; readonly length: number }

const step: fc.Arbitrary<Step> = fc
  .oneof(
    { weight: 4, arbitrary: fc.array(fc.constantFrom(0, 1, 80, 500, 5_000, 30_000, 70_000), { maxLength: 3 }) },
    {
      weight: 2,
      arbitrary: fc.constantFrom('flush' as const, 'close' as const, 'fill up' as const, 'make room' as const),
    },
    {
      weight: 3,
      arbitrary: fc.record({ from: fc.double({ min: 0, max: 1.1, noNaN: true }), length: fc.nat(100_000) }),
    },
  )
  .map((drawn) => {
    if (typeof drawn === 'string') return { does: drawn }
    return 'from' in drawn ? { does: 'read', ...drawn } : { does: 'append', parts: drawn }
  })

describe('LogFile', () => {
  it('is read as if all that was appended were written, and keeps what it found no room for', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { state, storage } = storageWithRoom()
        const file = new LogFile(new LogDirectory(storage, 'd'), 'f')
        let model: Uint8Array = new Uint8Array(0)
        let count = 0
        for (const each of steps) {
          try {
            if (each.does === 'append') {
              const parts = each.parts.map((length) => new Uint8Array(length).fill(++count % 256))
              file.append(parts, model.length)
              model = Buffer.concat([model, ...parts])
              for (const part of parts) part.fill(0)
            } else if (each.does === 'flush') {
              file.flush()
              if (model.length > 0) expect(file.size()).toBe(model.length)
            } else if (each.does === 'close') file.close()
            else if (each.does === 'read') {
              if (model.length === 0) continue
              const from = Math.floor(each.from * model.length)
              const target = new Uint8Array(each.length)
              const there = file.read(target, from)
              expect(there).toBe(Math.max(0, Math.min(each.length, model.length - from)))
              expect(Buffer.compare(target.subarray(0, there), model.subarray(from, from + there))).toBe(0)
            } else state.isFull = each.does === 'fill up'
          } catch (error) {
            if (!(error instanceof StorageError)) throw error
            expect(state.isFull).toBe(true)
          }
          if (model.length > 0) expect(file.dirty).toBe(true)
        }
        state.isFull = false
        file.flush()
        const whole = new Uint8Array(model.length)
        if (model.length > 0) file.read(whole, 0)
        expect(Buffer.compare(whole, model)).toBe(0)
      }),
    )
  })

  it('is read from the middle of what waits, and across its beginning', () => {
    const { storage } = storageWithRoom()
    const file = new LogFile(new LogDirectory(storage, 'd'), 'f')
    const bytes = Uint8Array.from({ length: 100 }, (_, at) => at)
    file.append([bytes.subarray(0, 40)], 0)
    file.flush()
    file.append([bytes.subarray(40, 60), bytes.subarray(60)], 40)
    for (const [from, length] of [
      [0, 40],
      [10, 80],
      [40, 5],
      [70, 100],
      [100, 1],
    ] as const) {
      const target = new Uint8Array(length)
      const there = file.read(target, from)
      expect([...target.subarray(0, there)]).toEqual([...bytes.subarray(from, from + length)])
    }
  })

  it('ends where the file does that has lost its end, whatever waits behind that', () => {
    const { storage } = storageWithRoom()
    const file = new LogFile(new LogDirectory(storage, 'd'), 'f')
    file.append([new Uint8Array(50)], 0)
    file.flush()
    file.append([new Uint8Array(50)], 50)
    storage.open('d/f', 'write').truncate(20)
    expect(file.read(new Uint8Array(100), 0)).toBe(20)
  })

  it('forgets what waits when it is removed', () => {
    const { storage } = storageWithRoom()
    const file = new LogFile(new LogDirectory(storage, 'd'), 'f')
    file.append([new Uint8Array(10)], 0)
    file.remove()
    file.flush()
    expect(storage.exists('d/f')).toBe(false)
  })
})
