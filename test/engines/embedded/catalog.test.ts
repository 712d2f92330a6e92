import { describe, expect, it } from 'vitest'
import type { Storage } from '../../../src/contracts/storage.ts'
import { Catalog } from '../../../src/engines/embedded/catalog.ts'
import { memoryStorage } from '../../../src/log/memory-storage.ts'

const topic = { name: 'orders', id: 'one', partitions: 2, config: { 'retention.ms': 5 }, internal: false }

const loaded = (storage: Storage): Catalog => {
  const result = Catalog.load(storage)
  if (result._tag === 'Left') throw new Error(result.left.message)
  return result.right
}

const refused = (storage: Storage) => {
  const result = Catalog.load(storage)
  return result._tag === 'Left' ? result.left : undefined
}

const write = (storage: Storage, path: string, text: string) => {
  const file = storage.open(path, 'create')
  file.truncate(0)
  file.write([new TextEncoder().encode(text)], 0)
}

const read = (storage: Storage): string => {
  const file = storage.open('millrace.catalog', 'read')
  const bytes = new Uint8Array(file.size())
  file.read(bytes, 0)
  return new TextDecoder().decode(bytes)
}

const withTopic = async () => {
  const storage = memoryStorage()
  await loaded(storage).save((content) => ({ ...content, topics: [topic] }))
  return storage
}

describe('Catalog', () => {
  it('is empty in a new directory, and has what was saved', async () => {
    expect(loaded(memoryStorage()).content.topics).toEqual([])
    expect(loaded(await withTopic()).content.topics).toEqual([topic])
  })

  it('applies changes one after the other', async () => {
    const storage = memoryStorage()
    const catalog = loaded(storage)
    const bump = () => catalog.save((content) => ({ ...content, nextProducerId: content.nextProducerId + 1 }))
    await Promise.all([bump(), bump(), bump()])
    expect(loaded(storage).content.nextProducerId).toBe(3)
  })

  it('keeps the old content where the new could not be written', async () => {
    const storage = await withTopic()
    const catalog = loaded({ ...storage, rename: () => storage.rename('nowhere', 'x') })
    const saved = await catalog.save((content) => ({ ...content, topics: [] }))
    expect(saved._tag).toBe('Left')
    expect(catalog.content.topics).toEqual([topic])
    expect(loaded(storage).content.topics).toEqual([topic])
  })

  it("refuses another program's directory, and names what it found", () => {
    const storage = memoryStorage('/data')
    write(storage, 'meta.properties', 'version=1')
    expect(refused(storage)).toMatchObject({ code: 'foreign-directory' })
    expect(refused(storage)?.message).toMatch(/\/data.*meta\.properties/)
  })

  it.each(['something else\n', ''])('takes no file of its name for a catalog that begins otherwise: %j', (content) => {
    const storage = memoryStorage('/data')
    write(storage, 'millrace.catalog', content)
    expect(refused(storage)).toMatchObject({
      code: 'corrupt-log',
      message: expect.stringContaining('/data/millrace.catalog is damaged (its first line is not ours)'),
    })
  })

  it('refuses what a newer version wrote, and names both', async () => {
    const storage = await withTopic()
    write(storage, 'millrace.catalog', read(storage).replace('millrace 1', 'millrace 7'))
    expect(refused(storage)?.code).toBe('newer-version')
    expect(refused(storage)?.message).toMatch(/7.*1/)
  })

  it('refuses a damaged file, whatever byte of its body is changed', async () => {
    const storage = await withTopic()
    const sound = read(storage)
    for (let at = sound.indexOf('\n') + 1; at < sound.length; at++) {
      write(storage, 'millrace.catalog', `${sound.slice(0, at)}${sound[at] === 'x' ? 'y' : 'x'}${sound.slice(at + 1)}`)
      expect([at, refused(storage)?.code]).toEqual([at, 'corrupt-log'])
    }
  })

  it('is not misled by what an opening that failed has left', () => {
    const storage = memoryStorage()
    for (const left of ['lock.db', 'lock.pid', 'millrace.catalog.new']) write(storage, left, 'x')
    expect(loaded(storage).content.topics).toEqual([])
  })
})
