import { expect, it } from 'vitest'
import { LogDirectory } from '../../src/log/log-directory.ts'
import { memoryStorage } from '../../src/log/memory-storage.ts'

it('syncs what is still there, though files go while others are synced', async () => {
  const storage = memoryStorage()
  storage.makeDirectory('p-0')
  let onSync: () => void = () => undefined
  const watched: typeof storage = {
    ...storage,
    open: (path, mode) => {
      const file = storage.open(path, mode)
      return {
        ...file,
        sync: async () => {
          await file.sync()
          onSync()
        },
      }
    },
  }
  const directory = new LogDirectory(watched, 'p-0')
  for (const name of ['1.snapshot', '2.snapshot']) directory.writeFile(name, new Uint8Array([1]))
  onSync = () => directory.remove('2.snapshot')
  await directory.sync()
  expect(directory.list()).toEqual(['1.snapshot'])
})
