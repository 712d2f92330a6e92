import * as fs from 'node:fs'
import { firstValueFrom } from 'rxjs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { distinctByKey } from '../../operators/distinct-by-key.ts'
import { scanByKey } from '../../operators/scan-by-key.ts'
import { to } from '../../operators/to.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { store } from '../../src/codec/store.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import { never } from '../../src/contracts/state-store.ts'
import type { StateDirectory } from '../../src/contracts/storage.ts'
import { connect, type Millrace, stream } from '../../src/index.ts'
import { systemClock } from '../../src/millrace/system.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import type { Notice } from '../../src/pipeline/notice.ts'
import type { Running } from '../../src/pipeline/run.ts'
import { keyHash } from '../../src/store/key-hash.ts'
import { openLevelStore } from '../../src/store/level-store.ts'
import { rightOf } from '../support/right-of.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { EmbeddedWorld } from './embedded-world.ts'

const input = topic('in', { key: text, value: int32 })
const out = topic('out', { key: text, value: int32 })
const kept = (where: 'memory' | 'disk') => ({
  topics: [input],
  operators: [
    distinctByKey(String, { within: '24h' }),
    scanByKey(store('total', { key: text, value: int32, in: where }), 0, (sum, value: number) => sum + value),
    to(out),
  ] as unknown as Operators,
})

const opened = async (): Promise<EmbeddedWorld> => {
  const world = new EmbeddedWorld()
  await world.open()
  await world.create([input, out], 1)
  return world
}

/** Runs over `count` records more; answers the sums, what was read back, and what was told. */
const ran = async (world: EmbeddedWorld, where: 'memory' | 'disk', from: number, count: number) => {
  const records = Array.from({ length: count }, (_, at) => ({ key: `k${(from + at) % 10}`, value: from + at }))
  for (let at = 0; at < count; at += 100) await world.append(input, 0, records.slice(at, at + 100))
  const running: Running = await world.run('p', kept(where), {}, { snapshotBytes: 2_000 })
  const notices: Notice[] = []
  running.errors$.subscribe((notice) => notices.push(notice))
  await world.caughtUp(running)
  await world.pass(1_000)
  const { restoredRecords, restoring } = await firstValueFrom(running.metrics$)
  await world.while(running.stop())
  expect(restoring).toBe(0)
  const sums = new Map((await world.committed(out, 1)).flat().map((line) => line.split('=') as [string, string]))
  return { restoredRecords, notices, sums: Object.fromEntries(sums) }
}

const expected = (upTo: number) => {
  const sums: Record<string, string> = {}
  for (let value = 0; value < upTo; value++)
    sums[`k${value % 10}`] = String(Number(sums[`k${value % 10}`] ?? 0) + value)
  return sums
}

describe('a snapshot of a store', () => {
  const snapshot = 'p--distinct-changelog-0.snapshot'

  it('spares a restart most of the changelog', async () => {
    const world = await opened()
    expect(await ran(world, 'memory', 0, 2_000)).toEqual({ restoredRecords: 0, notices: [], sums: expected(2_000) })
    expect(world.live.state?.storage.list('')).toEqual([snapshot])
    const again = await ran(world, 'memory', 2_000, 10)
    expect(again).toMatchObject({ notices: [], sums: expected(2_010) })
    expect(again.restoredRecords).toBeLessThan(1_500)
    await world.while(world.live.close()())
    await world.open()
    const next = await ran(world, 'memory', 2_010, 10)
    expect(next).toMatchObject({ notices: [], sums: expected(2_020) })
    expect(next.restoredRecords).toBeLessThan(1_500)
  })

  it('is thrown away where it is damaged, or of another changelog, and the changelog is read', async () => {
    const world = await opened()
    await ran(world, 'memory', 0, 1_000)
    const { storage } = world.live.state as StateDirectory
    const file = storage.open(snapshot, 'write')
    file.write([Uint8Array.of(1, 2, 3)], 700)
    file.close()
    const again = await ran(world, 'memory', 1_000, 10)
    expect(again.sums).toEqual(expected(1_010))
    expect(again.restoredRecords).toBeGreaterThanOrEqual(1_000)
    expect(again.notices).toMatchObject([
      {
        _tag: 'state-discarded',
        store: 'distinct',
        task: 0,
        message: expect.stringMatching(
          /^pipeline 'p': snapshot .*p--distinct-changelog-0.snapshot was thrown away, and the changelog is read instead: its block at byte 512 is damaged$/,
        ),
      },
    ])
    for (const name of ['p--total-changelog', 'p--distinct-changelog'])
      rightOf(await world.while(world.live.topics.delete(name)()))
    const other = await ran(world, 'memory', 0, 10)
    expect(other.notices.map(({ message }) => message.split(': ').at(-1))).toEqual([
      'it is of a changelog that is no more',
    ])
    expect(other.sums).toMatchObject({ k1: '1', k2: '2' })
  })
})

describe('a store on disk', () => {
  /** The same, over an engine that is there throughout, by the machine's own time. */
  const ranOnDisk = async (millrace: Millrace, from: number, count: number) => {
    await millrace.send(
      input,
      Array.from({ length: count }, (_, at) => ({ key: `k${(from + at) % 10}`, value: from + at })),
    )
    const { topics, operators } = kept('disk')
    const running = await millrace.run('p', stream(...(topics as [typeof input])).pipe(...(operators as [])))
    const notices: string[] = []
    running.errors$.subscribe(({ message }) => notices.push(message))
    await running.caughtUp()
    const { restoredRecords } = await firstValueFrom(running.metrics$)
    await running.stop()
    const sums: Record<string, string> = {}
    for await (const { key, value } of millrace.read(out, { until: 'latest' })) sums[key] = String(value)
    return { restoredRecords, notices, sums }
  }
  const connected = async (state: string): Promise<Millrace> => {
    const millrace = await connect('memory:', { state })
    onTestFinished(() => millrace.close())
    await millrace.create(input, out)
    return millrace
  }

  it('is there after a restart, and only what it lacks is read', async () => {
    const path = temporaryDirectory()
    const millrace = await connected(path)
    const directory = `${path}/p--total-changelog-0.level`
    expect(await ranOnDisk(millrace, 0, 100)).toEqual({ restoredRecords: 0, notices: [], sums: expected(100) })
    fs.cpSync(directory, `${path}/before`, { recursive: true })
    // what distinctByKey remembers is in memory, and was too little for a snapshot
    expect(await ranOnDisk(millrace, 100, 100)).toEqual({ restoredRecords: 100, notices: [], sums: expected(200) })
    fs.rmSync(directory, { recursive: true })
    fs.cpSync(`${path}/before`, directory, { recursive: true })
    const behind = await ranOnDisk(millrace, 200, 10)
    expect(behind).toMatchObject({ notices: [], sums: expected(210) })
    expect(behind.restoredRecords).toBeGreaterThan(200)
  })

  it('is made anew where it is ahead of its changelog, of another one, or damaged', async () => {
    const path = temporaryDirectory()
    const directory = `${path}/p--total-changelog-0.level`
    const first = await connected(path)
    await ranOnDisk(first, 0, 100)
    await first.close()
    const other = await connected(path)
    const { notices, sums } = await ranOnDisk(other, 0, 10)
    expect(notices).toMatchObject([
      expect.stringMatching(
        /^pipeline 'p': the store in .* was thrown away, .*: it is of a changelog that is no more$/,
      ),
    ])
    expect(sums).toEqual(expected(10))
    const store = await openLevelStore({ path: directory, clock: systemClock })
    const key = Buffer.from('k1')
    await store.commit([{ key, hash: keyHash(key), value: Uint8Array.of(0, 0, 0, 7), expiresAt: never }], 1_000)
    await store.close()
    const ahead = await ranOnDisk(other, 10, 10)
    expect(ahead.notices).toMatchObject([
      expect.stringContaining('it goes up to offset 1000, and the changelog ends at'),
    ])
    expect(ahead.sums).toEqual(expected(20))
    for (const name of fs.readdirSync(directory))
      if (name.startsWith('MANIFEST')) fs.writeFileSync(`${directory}/${name}`, 'torn')
    expect(await ranOnDisk(other, 20, 10)).toMatchObject({ sums: expected(30) })
  })

  it('is refused where there is no directory for it', async () => {
    const world = await opened()
    await expect(world.run('p', kept('disk'))).rejects.toThrow(
      "store 'total' is to be kept on disk, and disk: has no directory on this machine: name one, connect(…, { state: './state' })",
    )
  })
})
