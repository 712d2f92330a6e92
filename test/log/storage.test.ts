import fs, { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import type { Storage } from '../../src/contracts/storage.ts'
import { diskStorage } from '../../src/log/disk-storage.ts'
import { memoryStorage } from '../../src/log/memory-storage.ts'
import { ForgetfulDisk } from '../../src/testing/forgetful-disk/forgetful-disk.ts'
import { chosenBy } from '../support/chosen-by.ts'

const root = mkdtempSync(join(tmpdir(), 'millrace-storage-'))
let count = 0
afterAll(() => rmSync(root, { recursive: true, force: true }))

const kinds: readonly (readonly [string, () => Storage])[] = [
  ['disk', () => diskStorage(join(root, String(count++)))],
  ['memory', () => memoryStorage()],
  ['forgetful', () => new ForgetfulDisk(chosenBy(() => 0.5)).storage()],
]

const codeOf = (work: () => unknown): unknown => {
  try {
    work()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return undefined
}

describe.each(kinds)('a storage, %s', (_kind, make) => {
  it('is an array of bytes a file', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.record({
              position: fc.nat({ max: 3000 }),
              parts: fc.array(fc.uint8Array({ minLength: 1, maxLength: 700 }), { minLength: 1, maxLength: 3 }),
            }),
            fc.record({ size: fc.nat({ max: 3000 }) }),
          ),
          { maxLength: 12 },
        ),
        (changes) => {
          const storage = make()
          storage.makeDirectory('d')
          const file = storage.open('d/f', 'create')
          let model = Buffer.alloc(0)
          for (const change of changes) {
            if ('size' in change) {
              file.truncate(change.size)
              model = Buffer.concat([
                model.subarray(0, change.size),
                Buffer.alloc(Math.max(0, change.size - model.length)),
              ])
            } else {
              file.write(change.parts, change.position)
              const bytes = Buffer.concat(change.parts)
              const end = change.position + bytes.length
              model = Buffer.concat([model, Buffer.alloc(Math.max(0, end - model.length))])
              bytes.copy(model, change.position)
            }
          }
          const read = Buffer.alloc(model.length + 10)
          expect(file.size()).toBe(model.length)
          expect(file.read(read, 0)).toBe(model.length)
          expect(read.subarray(0, model.length).equals(model)).toBe(true)
          file.close()
        },
      ),
      { numRuns: 30 },
    ))

  it('writes more parts at once than an operating system takes', () => {
    const storage = make()
    storage.makeDirectory('d')
    const file = storage.open('d/f', 'create')
    file.write(
      Array.from({ length: 3000 }, (_, at) => new Uint8Array([at & 255])),
      0,
    )
    const read = new Uint8Array(3000)
    expect(file.read(read, 0)).toBe(3000)
    expect(read[2999]).toBe(2999 & 255)
    file.close()
  })

  it('keeps directories: lists, renames over what is there, removes with all inside', async () => {
    const storage = make()
    expect(storage.list('none')).toEqual([])
    storage.makeDirectory('a/b')
    storage.makeDirectory('a/b')
    for (const name of ['a/y', 'a/x', 'a/b/z']) storage.open(name, 'create').close()
    expect(storage.list('a')).toEqual(['b', 'x', 'y'])
    storage.rename('a/x', 'a/y')
    expect(storage.list('a')).toEqual(['b', 'y'])
    storage.rename('a/b', 'a/c')
    expect(storage.exists('a/c/z')).toBe(true)
    await storage.syncDirectory('a')
    storage.remove('a')
    storage.remove('a')
    expect([storage.exists('a'), storage.exists('a/c/z')]).toEqual([false, false])
  })

  it('says what is missing, and makes no file in a directory that is not there', () => {
    const storage = make()
    expect(codeOf(() => storage.open('f', 'read'))).toBe('missing')
    expect(codeOf(() => storage.open('d/f', 'create'))).toBe('missing')
    expect(codeOf(() => storage.rename('f', 'g'))).toBe('missing')
  })

  it('lets a sync that is under way finish when the file is closed', async () => {
    const storage = make()
    storage.makeDirectory('d')
    const file = storage.open('d/f', 'create')
    file.write([new Uint8Array([1])], 0)
    const synced = file.sync()
    file.close()
    await synced
  })
})

/** Runs `work` as a user whom permissions stop: root goes where it likes. */
const withoutPrivileges = (work: () => void): void => {
  if (process.geteuid?.() !== 0) return work()
  process.seteuid?.(nobody)
  try {
    work()
  } finally {
    process.seteuid?.(0)
  }
}
const nobody = 65_534

describe('a disk', () => {
  it('that must not be written to says so, and can be read', () => {
    const path = join(root, 'denied')
    const storage = diskStorage(path)
    storage.makeDirectory('')
    storage.open('there', 'create').close()
    chmodSync(root, 0o755)
    chmodSync(path, 0o555)
    withoutPrivileges(() => {
      expect(storage.list('')).toEqual(['there'])
      expect(codeOf(() => storage.open('f', 'create'))).toBe('denied')
    })
  })

  it('that is full says so', (context) => {
    const full = diskStorage('/dev')
    if (!full.exists('full')) return context.skip('this system has no /dev/full')
    const file = full.open('full', 'write')
    expect(codeOf(() => file.write([new Uint8Array(1)], 0))).toBe('full')
    expect(codeOf(() => file.write([new Uint8Array(1), new Uint8Array(1)], 0))).toBe('full')
    file.close()
  })

  it.each(['ENOSPC', 'EDQUOT'])('that finds only at a sync that it is full has failed: %s', async (code) => {
    const storage = diskStorage(join(root, code))
    storage.makeDirectory('')
    const file = storage.open('f', 'create')
    file.write([new Uint8Array(1)], 0)
    const { fdatasync, fdatasyncSync, fsync } = fs
    const refusal = Object.assign(new Error(`${code}: no space left on device`), { code })
    const refuse = (_fd: number, done: fs.NoParamCallback): void => done(refusal)
    fs.fdatasync = Object.assign(refuse, { __promisify__: fdatasync.__promisify__ })
    fs.fsync = Object.assign(refuse, { __promisify__: fsync.__promisify__ })
    fs.fdatasyncSync = () => {
      throw refusal
    }
    syncBuiltinESMExports()
    try {
      expect(codeOf(() => file.syncNow())).toBe('failed')
      await expect(file.sync()).rejects.toMatchObject({ code: 'failed' })
      await expect(storage.syncDirectory('')).rejects.toMatchObject({ code: 'failed' })
    } finally {
      Object.assign(fs, { fdatasync, fdatasyncSync, fsync })
      syncBuiltinESMExports()
      file.close()
    }
  })
})
