import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fileEngine, memoryEngine } from '../../../src/engines/embedded/open-url.ts'
import { systemClock, systemRandom } from '../../../src/millrace/system.ts'
import { ok, refusal } from '../../../src/testing/conformance/calls.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const time = { clock: systemClock, random: systemRandom }
const open = (path: string) => fileEngine({ name: `file:${path}`, path, durability: 'power', readOnly: false, ...time })

describe('fileEngine', () => {
  it('makes its directory, and those above it', async () => {
    const path = join(temporaryDirectory(), 'some', 'data')
    const engine = await ok(open(path))
    expect(readdirSync(path)).toContain('millrace.catalog')
    await ok(engine.close())
  })

  it('has one owner at a time, and names who that is', async () => {
    const path = temporaryDirectory()
    const owner = await ok(open(path))
    const refused = await refusal(open(path))
    expect(refused.code).toBe('already-owned')
    expect(refused.message).toContain(path)
    expect(refused.message).toContain(`${process.pid}`)
    await ok(owner.close())
    await ok((await ok(open(path))).close())
  })

  it("leaves another program's directory as it was", async () => {
    const path = temporaryDirectory()
    mkdirSync(join(path, 'photos'))
    for (let attempt = 0; attempt < 2; attempt++) {
      const refused = await refusal(open(path))
      expect(refused.code).toBe('foreign-directory')
      expect(refused.message).toContain('photos')
    }
    expect(readdirSync(path)).toEqual(['photos'])
  })

  it('lets go of a directory that it cannot open', async () => {
    const path = temporaryDirectory()
    await ok((await ok(open(path))).close())
    writeFileSync(join(path, 'millrace.catalog'), 'millrace 99 00000000\n{}')
    expect((await refusal(open(path))).code).toBe('newer-version')
    expect((await refusal(open(path))).code).toBe('newer-version')
  })

  it('refuses a file in the place of its directory', async () => {
    const path = join(temporaryDirectory(), 'data')
    writeFileSync(path, 'a letter')
    const refused = await refusal(open(path))
    expect(['storage-denied', 'storage-failed', 'foreign-directory']).toContain(refused.code)
    expect(refused.message).toContain(path)
  })
})

describe('memoryEngine', () => {
  it('keeps nothing, and says so', async () => {
    const engine = await ok(memoryEngine({ name: 'memory:', ...time }))
    expect(engine.features.persistence).toMatch(/memory/)
    await ok(engine.topics.create({ name: 't', partitions: 1, config: {} }))
    await ok(engine.close())
    const another = await ok(memoryEngine({ name: 'memory:', ...time }))
    expect((await ok(another.topics.describe())).filter(({ internal }) => !internal)).toEqual([])
    await ok(another.close())
  })
})
