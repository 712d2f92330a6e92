import * as fs from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { never, type StateChange } from '../../src/contracts/state-store.ts'
import { systemClock as clock } from '../../src/millrace/system.ts'
import { keyHash } from '../../src/store/key-hash.ts'
import { type LevelStore, openLevelStore } from '../../src/store/level-store.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { entriesOf, obeysStateStoreLaws } from './state-store-laws.ts'

const set = (text: string, value: string | undefined, expiresAt: number = never): StateChange => {
  const key = Buffer.from(text)
  return { key, hash: keyHash(key), value: value === undefined ? undefined : Buffer.from(value), expiresAt }
}
const closed = async (store: LevelStore): Promise<void> => {
  await store.close()
}

describe('a store on disk', () => {
  const root = fs.mkdtempSync('/tmp/millrace-level-')
  let count = 0
  const open = async (): Promise<LevelStore> => {
    const store = await openLevelStore({ path: join(root, `${count++}`), clock })
    await store.begin('changelog')
    return store
  }
  const opened: LevelStore[] = []
  afterAll(async () => {
    for (const store of opened) await store.close()
    fs.rmSync(root, { recursive: true, force: true })
  })

  obeysStateStoreLaws({
    open: async () => {
      const store = await open()
      opened.push(store)
      return store
    },
    numRuns: 15,
  })

  it('is found again as it was, with where it stands, once it was closed, and at once', async () => {
    const path = temporaryDirectory()
    const store = await openLevelStore({ path, clock })
    expect(store.standing()).toBeUndefined()
    await store.begin('c1')
    await store.commit([set('a', '1'), set('b', '2', 50)], 7)
    await store.commit([set('c', '3')], undefined)
    void store.close()
    const again = await openLevelStore({ path, clock })
    expect(again.standing()).toMatchObject({ changelogId: 'c1', from: 7, to: 7 })
    expect(await entriesOf(again)).toEqual(['a=1@0', 'b=2@50', 'c=3@0'])
    expect([again.mayExpire(), (await again.expired(50, 9)).map(String)]).toEqual([true, ['b']])
    await again.begin('c2')
    expect(again.standing()).toMatchObject({ changelogId: 'c2', from: 0 })
    expect([await entriesOf(again), again.mayExpire()]).toEqual([[], false])
    await closed(again)
  })

  it('says each hour that it stands where it stood, so that it is of use after a rest', async () => {
    let nowMs = 1_000_000
    const store = await openLevelStore({ path: temporaryDirectory(), clock: { ...clock, now: () => nowMs } })
    await store.begin('c1')
    await store.commit([set('a', '1')], 7)
    nowMs += 3_599_999
    await store.commit([], undefined)
    expect(store.standing()).toMatchObject({ from: 7, takenAt: 1_000_000 })
    nowMs += 1
    await store.commit([], undefined)
    expect(store.standing()).toMatchObject({ from: 7, takenAt: nowMs })
    await closed(store)
  })

  it('begins anew where its files are damaged', async () => {
    const path = temporaryDirectory()
    const store = await openLevelStore({ path, clock })
    await store.begin('c1')
    await closed(store)
    for (const name of fs.readdirSync(path)) if (name.startsWith('MANIFEST')) fs.writeFileSync(join(path, name), 'torn')
    const again = await openLevelStore({ path, clock })
    expect(again.standing()).toBeUndefined()
    await closed(again)
  })

  it('says which directory another process keeps', async () => {
    const path = temporaryDirectory()
    const store = await openLevelStore({ path, clock })
    const rings: (() => void)[] = []
    const hasty = {
      ...clock,
      after: (_: number, ring: () => void) => (rings.push(ring), queueMicrotask(ring), () => undefined),
    }
    await expect(openLevelStore({ path, clock: hasty })).rejects.toMatchObject({
      code: 'already-owned',
      message: expect.stringContaining('is at work in another process: end that, or give this one a state directory'),
    })
    expect(rings.length).toBe(99)
    await closed(store)
  })
})
