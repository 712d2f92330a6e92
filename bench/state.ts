import { store as declared, text } from 'millrace'
import { openEngine } from 'millrace/engine'
import { BatchBuilder } from '../src/batch/batch-builder.ts'
import type { Engine, TopicDescription } from '../src/contracts/engine.ts'
import { settle } from '../src/contracts/settle.ts'
import { never, type StateChange, type StateStore } from '../src/contracts/state-store.ts'
import { systemClock } from '../src/millrace/system.ts'
import { openState, snapshotSuffix } from '../src/pipeline/open-state.ts'
import { changelogOf, restore } from '../src/store/changelog.ts'
import { keyHash } from '../src/store/key-hash.ts'
import { openLevelStore } from '../src/store/level-store.ts'
import { memoryStore } from '../src/store/memory-store.ts'
import { writeSnapshot } from '../src/store/snapshot-file.ts'
import { below, compared, duel, type Measurement, rate } from './measurement.ts'
import { inDirectory } from './records.ts'

const entries = 1_000_000
/** LevelDB against memory: fewer, since each round begins anew. */
const entriesOfDuel = 100_000
/** In the changelog that is read back. */
const changesPerKey = 3
const perCommit = 1_000
const valueBytes = 40
const expiresAt = 4_000_000_000_000

const changesFrom = (from: number, count: number, until: number = never): readonly StateChange[] =>
  Array.from({ length: count }, (_, at) => {
    // not in their order, as keys come
    const key = text.encode(`order-${(((from + at) * 7_919) % entries).toString().padStart(7, '0')}`) as Uint8Array
    return { key, hash: keyHash(key), value: new Uint8Array(valueBytes), expiresAt: until }
  })

const filled = async (store: StateStore, count: number, until?: number): Promise<number> => {
  for (let from = 0; from < count; from += perCommit) await store.commit(changesFrom(from, perCommit, until), from)
  return count
}

const read = (store: StateStore, count: number): number => {
  let bytes = 0
  for (let from = 0; from < count; from += perCommit)
    for (const { key, hash } of changesFrom(from, perCommit)) bytes += store.get(key, hash, 1)?.length ?? 0
  if (bytes !== count * valueBytes) throw new Error(`read ${bytes} bytes of ${count * valueBytes}`)
  return count
}

const overhead = async (until: number): Promise<number> => {
  const store = memoryStore()
  await filled(store, entries, until)
  return (store.heldBytes() - entries * ('order-1234567'.length + valueBytes)) / entries
}

let opened = 0
const onDisk = async (directory: string) => {
  const store = await openLevelStore({ path: `${directory}/level-${opened++}`, clock: systemClock })
  await store.begin('bench')
  return store
}

/** What goes in and out of a store a second, and what an entry takes. */
const throughput = (): Promise<readonly Measurement[]> =>
  inDirectory(async (directory) => {
    const written = await duel({
      rounds: 2,
      ours: async () => {
        const store = memoryStore()
        return rate(() => filled(store, entriesOfDuel))
      },
      theirs: async () => {
        const store = await onDisk(directory)
        const measured = await rate(() => filled(store, entriesOfDuel))
        await store.close()
        return measured
      },
    })
    const memory = memoryStore()
    await filled(memory, entriesOfDuel)
    const disk = await onDisk(directory)
    await filled(disk, entriesOfDuel)
    const reads = await duel({
      rounds: 2,
      ours: () => rate(() => read(memory, entriesOfDuel)),
      theirs: () => rate(() => read(disk, entriesOfDuel)),
    })
    await disk.close()
    const beside = (name: string, unit: string, { ours, theirs, ratio }: typeof reads): Measurement =>
      compared({ name, unit, value: ours, against: { name: "in: 'disk'", value: theirs }, ratio })
    return [
      beside('state in memory: keys set', 'keys/s', written),
      beside('state in memory: keys read', 'keys/s', reads),
      below({
        name: 'state in memory: a key, beside key and value',
        unit: 'bytes',
        value: await overhead(never),
        target: 60,
      }),
      below({
        name: 'state in memory: a key that expires',
        unit: 'bytes',
        value: await overhead(expiresAt),
        target: 60,
      }),
    ]
  })

const written = async (engine: Engine): Promise<TopicDescription> => {
  const topic = await settle(engine.topics.create(changelogOf('bench', 'state', 1)))
  const producer = await settle(engine.producer())
  const builder = new BatchBuilder({ compression: 'none' })
  for (let from = 0; from < entries * changesPerKey; from += perCommit) {
    for (const { key, value } of changesFrom(from, perCommit)) builder.add(key, value ?? null, new Map(), 1)
    await settle(producer.append([{ topic: topic.name, partition: 0, bytes: builder.build() }]))
  }
  await settle(producer.close())
  return topic
}

/** A million keys are there again: from their changelog, from a snapshot, and from LevelDB. */
const restoring = (): Promise<readonly Measurement[]> =>
  inDirectory(async (directory) => {
    const engine = await openEngine(`file:${directory}`, { durability: 'process' })
    const changelog = await written(engine)
    const { signal } = new AbortController()
    const breathe = () => new Promise<void>((resolve) => void setImmediate(resolve))
    const seconds = async (
      where: 'memory' | 'disk',
    ): Promise<{ readonly taken: number; readonly state: StateStore }> => {
      globalThis.gc?.()
      const begin = performance.now()
      const declaration = declared('state', { key: text, value: text, in: where })
      const discarded = (why: string) => {
        throw new Error(why)
      }
      const clock = systemClock
      const at = { topic: changelog.name, partition: 0 }
      const from = { engine, clock, declaration, changelog, task: 0, signal, breathe, discarded }
      const { state, ...ends } = await openState(from)
      await restore({ engine, at, state, signal, ...ends, passed: breathe })
      return { taken: (performance.now() - begin) / 1_000, state }
    }
    const measured: Measurement[] = []
    const say = (name: string, value: number): void => {
      measured.push({ name: `state of 1,000,000 keys: ${name}`, unit: 's', value })
    }
    const fromChangelog = await seconds('memory')
    say(`read back from its changelog of ${changesPerKey} changes a key`, fromChangelog.taken)
    const { storage } = engine.state ?? { storage: undefined }
    if (storage === undefined) throw new Error('the embedded engine has a directory')
    storage.makeDirectory('')
    const begin = performance.now()
    const position = entries * changesPerKey
    await writeSnapshot({
      storage,
      name: `${changelog.name}-0${snapshotSuffix}`,
      store: fromChangelog.state,
      standing: () => ({ changelogId: changelog.id, position, to: position }),
      now: systemClock.now(),
      breathe,
    })
    say('written to a snapshot, beside other work', (performance.now() - begin) / 1_000)
    say('read back from a snapshot', (await seconds('memory')).taken)
    const first = await seconds('disk')
    say("in: 'disk', made anew from that changelog", first.taken)
    await first.state.close()
    const again = await seconds('disk')
    say("in: 'disk', found again", again.taken)
    await again.state.close()
    await settle(engine.close())
    return measured
  })

/** Stores: what goes in and out, what a key takes, and how long a million of them take to be there again. */
export const stateCosts = async (): Promise<readonly Measurement[]> => [...(await throughput()), ...(await restoring())]
