import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Storage } from '../../../src/contracts/storage.ts'
import type { Choose } from '../../../src/testing/forgetful-disk/choose.ts'
import type { Forgotten } from '../../../src/testing/forgetful-disk/forget.ts'
import { type Crash, ForgetfulDisk } from '../../../src/testing/forgetful-disk/forgetful-disk.ts'
import { chosenBy } from '../../support/chosen-by.ts'
import { seededRandom } from '../../support/seeded-random.ts'

const keepsAll: Choose = () => 0
const losesAll: Choose = (options) => options - 1

const bytesOf = (storage: Storage, path: string): readonly number[] | undefined => {
  if (!storage.exists(path)) return undefined
  const file = storage.open(path, 'read')
  const bytes = new Uint8Array(file.size())
  file.read(bytes, 0)
  return [...bytes]
}

/** A file with a durable name and durable content; then more of it is written. */
const written = async (choose: Choose, crash: Crash = 'power') => {
  const disk = new ForgetfulDisk(choose)
  disk.crash = crash
  const storage = disk.storage()
  const file = storage.open('f', 'create')
  file.write([new Uint8Array([1, 2])], 0)
  await file.sync()
  await storage.syncDirectory('')
  file.write([new Uint8Array([3, 4])], 1)
  return { disk, storage }
}

describe('a disk that forgets', () => {
  it('keeps what was synced, and of the rest what is chosen', async () => {
    const lost = await written(losesAll)
    lost.disk.die()
    expect(bytesOf(lost.disk.restart(), 'f')).toEqual([1, 2])
    const kept = await written(keepsAll)
    kept.disk.die()
    expect(bytesOf(kept.disk.restart(), 'f')).toEqual([1, 3, 4])
  })

  it('keeps everything where only the process is killed, and no more of the write in whose middle that is', async () => {
    const { disk, storage } = await written(losesAll, 'kill')
    disk.crashAt = disk.operations + 1
    const file = storage.open('f', 'write')
    expect(() => file.write([new Uint8Array([9, 9])], 0)).toThrow('crashed')
    expect(bytesOf(disk.restart(), 'f')).toEqual([1, 3, 4])
  })

  it('loses a file whose name was not synced, whatever is in it', async () => {
    const disk = new ForgetfulDisk(losesAll)
    const file = disk.storage().open('f', 'create')
    file.write([new Uint8Array([1])], 0)
    await file.sync()
    disk.die()
    expect(disk.restart().exists('f')).toBe(false)
  })

  it('tells what it has lost, by sectors and entries', async () => {
    const { disk, storage } = await written(losesAll)
    const told: Forgotten[] = []
    disk.onForgotten = (forgotten) => told.push(forgotten)
    storage.open('f', 'write').write([new Uint8Array(1_000)], 2)
    storage.open('g', 'create')
    disk.die()
    disk.restart()
    expect(told).toEqual([
      { path: '', lost: 1, of: 1 },
      { path: 'f', lost: 3, of: 3 },
    ])
  })

  it('does nothing any more for a process that is over', async () => {
    const { disk, storage } = await written(keepsAll)
    const file = storage.open('f', 'write')
    const next = disk.restart()
    expect(() => file.write([new Uint8Array([9])], 0)).toThrow('crashed')
    await expect(file.sync()).rejects.toThrow('crashed')
    expect(bytesOf(next, 'f')).toEqual([1, 3, 4])
  })

  it('takes as long for a sync as its device, and makes durable what was there when it was asked', async () => {
    const disk = new ForgetfulDisk(losesAll)
    const { promise, resolve } = Promise.withResolvers<void>()
    const storage = disk.storage(() => promise)
    disk.settle()
    const file = storage.open('f', 'create')
    disk.settle()
    file.write([new Uint8Array([1])], 0)
    const synced = file.sync()
    file.write([new Uint8Array([2])], 1)
    resolve()
    await synced
    disk.die()
    expect(bytesOf(disk.restart(), 'f')).toEqual([1])
  })

  it('leaves nothing that nobody wrote there', () =>
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 3_000 }), { maxLength: 8 }), fc.integer(), (positions, seed) => {
        const disk = new ForgetfulDisk(chosenBy(seededRandom(seed)))
        const file = disk.storage().open('f', 'create')
        disk.settle()
        for (const [at, position] of positions.entries()) file.write([new Uint8Array(700).fill(at + 1)], position)
        disk.die()
        const found = bytesOf(disk.restart(), 'f') ?? []
        for (const [at, byte] of found.entries())
          if (byte !== 0) {
            const position = positions[byte - 1] ?? Number.NaN
            expect(position <= at && at < position + 700).toBe(true)
          }
      }),
    ))
})
