import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Storage } from '../../../src/contracts/storage.ts'
import { overlayStorage } from '../../../src/engines/embedded/overlay-storage.ts'
import { memoryStorage } from '../../../src/log/memory-storage.ts'

type Change =
  | { readonly do: 'write'; readonly file: string; readonly at: number; readonly length: number; readonly byte: number }
  | { readonly do: 'truncate'; readonly file: string; readonly at: number }
  | { readonly do: 'remove'; readonly file: string }
  | { readonly do: 'rename'; readonly file: string }

const file = fc.constantFrom('a', 'd/b', 'd/c')
/** Around the edges of the pages. */
const at = fc.constantFrom(0, 1, 65_535, 65_536, 65_537, 131_072)
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    do: fc.constant('write' as const),
    file,
    at,
    length: fc.constantFrom(1, 2, 70_000),
    byte: fc.integer({ min: 1, max: 255 }),
  }),
  fc.record({ do: fc.constant('truncate' as const), file, at }),
  fc.record({ do: fc.constant('remove' as const), file }),
  fc.record({ do: fc.constant('rename' as const), file }),
)

const apply = (storage: Storage, change: Change): void => {
  if (change.do === 'remove') return storage.remove(change.file)
  if (change.do === 'rename') {
    if (storage.exists(change.file)) storage.rename(change.file, 'd/e')
    return
  }
  const opened = storage.open(change.file, 'create')
  if (change.do === 'truncate') opened.truncate(change.at)
  else opened.write([new Uint8Array(change.length).fill(change.byte)], change.at)
}

const contents = (storage: Storage) =>
  ['', 'd'].flatMap((directory) =>
    storage.list(directory).flatMap((name) => {
      const path = directory === '' ? name : `${directory}/${name}`
      if (path === 'd') return [path]
      const opened = storage.open(path, 'read')
      const bytes = new Uint8Array(opened.size() + 10)
      return [`${path}: ${opened.read(bytes, 0)} ${Buffer.from(bytes).toString('base64')}`]
    }),
  )

const made = (changes: readonly Change[]): Storage => {
  const storage = memoryStorage()
  storage.makeDirectory('d')
  for (const change of changes) apply(storage, change)
  return storage
}

describe('overlayStorage', () => {
  it('behaves as the storage would, which never changes', () =>
    fc.assert(
      fc.property(fc.array(change, { maxLength: 6 }), fc.array(change, { maxLength: 8 }), (before, after) => {
        const base = made(before)
        const was = contents(base)
        const overlay = overlayStorage(base)
        for (const change of after) apply(overlay, change)
        expect(contents(overlay)).toEqual(contents(made([...before, ...after])))
        expect(contents(base)).toEqual(was)
        overlay.close()
      }),
      { numRuns: 60 },
    ))
})
