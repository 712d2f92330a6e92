import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Engine } from '../../../src/contracts/engine.ts'
import { fileEngine } from '../../../src/engines/embedded/open-url.ts'
import { openReadOnly } from '../../../src/engines/embedded/read-only-engine.ts'
import { diskStorage } from '../../../src/log/disk-storage.ts'
import { systemClock, systemRandom } from '../../../src/millrace/system.ts'
import { ok } from '../../../src/testing/conformance/calls.ts'
import { batch, readAll, seenIn } from '../../../src/testing/conformance/records.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const durabilities = ['power', 'process'] as const
type Durability = (typeof durabilities)[number]

const at = { topic: 't', partition: 0 }
const parts = { clock: systemClock, random: systemRandom }

const open = async (path: string, readOnly: boolean, durability: Durability = 'power'): Promise<Engine> =>
  closing(await ok(fileEngine({ name: `file:${path}`, path, durability, readOnly, ...parts })))

/** Opens read-only what is owned as `isOwned` says. */
const openBeside = async (path: string, isOwned: () => boolean): Promise<Engine> =>
  closing(await ok(openReadOnly({ name: 'r', storage: diskStorage(path), isOwned, ...parts })))

const closing = (engine: Engine): Engine => {
  onTestFinished(async () => void (await engine.close()()))
  return engine
}

/** A process that runs a script from beside this one, and what it says first. */
const childThat = async (script: string, ...args: readonly string[]) => {
  const argv = [join(import.meta.dirname, script), ...args]
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, said: said.toString() }
}

/** A process that owns a directory, in the midst of a transaction. */
const doomed = async (durability: Durability) => {
  const path = temporaryDirectory()
  const { child, said } = await childThat('doomed-owner.ts', path, durability)
  expect(said).toBe('owned\n')
  const die = async () => {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  return { path, die }
}

const dead = async (durability: Durability = 'power'): Promise<string> => {
  const { path, die } = await doomed(durability)
  await die()
  return path
}

const valuesIn = async (engine: Engine) => (await readAll(engine, at)).map(({ value }) => value)
const endOf = async (engine: Engine, isolation: 'read_committed' | 'read_uncommitted' = 'read_committed') =>
  (await ok(engine.reader.offsets([{ ...at, at: 'latest' }], isolation)))[0]?.offset
const stateOf = async (engine: Engine) =>
  (await ok(engine.groups.describe(['members']))).map(({ state, members }) => [state, members.length])

/** What comes at `offset`, as soon as it does. */
const nextAt = async (engine: Engine, offset: number) => {
  const wanted = { isolation: 'read_committed', maxBytes: 1_000, maxWaitMs: 20_000 } as const
  const [fetched] = await ok(engine.reader.fetch({ positions: [{ ...at, offset }], ...wanted }))
  return fetched?.failure ?? seenIn(fetched ?? { batches: [] }, offset).map(({ value }) => value)
}

const filesIn = (path: string): readonly unknown[] =>
  readdirSync(path, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => [name, statSync(join(path, name)).isFile() && readFileSync(join(path, name)).toString('base64')])

describe.each(durabilities)('a directory whose owner was killed within a transaction (%s)', (durability) => {
  it('is read as its next owner finds it, and not written to', async () => {
    const path = await dead(durability)
    const before = filesIn(path)
    const reader = await open(path, true)
    expect(await ok(reader.reader.settled([at, { ...at, partition: 1 }]))).toHaveLength(2)
    const seen = [
      await valuesIn(reader),
      await endOf(reader),
      await stateOf(reader),
      await ok(reader.groups.committed('g')),
    ]
    expect(seen).toEqual([['before', 'behind'], 4, [['Empty', 0]], [{ ...at, offset: 1, metadata: '' }]])
    expect(filesIn(path)).toEqual(before)
    const owner = await open(path, false, durability)
    expect([
      await valuesIn(owner),
      await endOf(owner),
      await stateOf(owner),
      await ok(owner.groups.committed('g')),
    ]).toEqual(seen)
  })

  it('ends the wait of whoever read it beside its owner, and whose wait goes on beside the next one', async () => {
    const { path, die } = await doomed(durability)
    const reader = await open(path, true)
    const settled = ok(reader.reader.settled([at]))
    expect([await valuesIn(reader), await stateOf(reader)]).toEqual([['before'], [['Stable', 1]]])
    await die()
    expect(await settled).toEqual([{ ...at, offset: 3 }])
    expect(await valuesIn(reader)).toEqual(['before', 'behind'])
    const next = nextAt(reader, 4)
    const owner = await open(path, false, durability)
    const producer = await ok(owner.producer())
    await ok(producer.append([batch('t', 0, ['of the next owner'])]))
    expect(await next).toEqual(['of the next owner'])
  })
})

it('a process that does nothing but wait for the owner stays until that is dead', async () => {
  const { path, die } = await doomed('power')
  const { child, said } = await childThat('waiting-reader.ts', path)
  expect(said).toBe('waiting\n')
  const told = once(child.stdout, 'data')
  await die()
  expect(String(await told)).toBe('settled at 3\n')
})

describe('a reader behind what the next owner will write', () => {
  it('waits while that one is opening, and is not told that it is out of range', async () => {
    const path = await dead()
    let isOwned = false
    const reader = await openBeside(path, () => isOwned)
    expect(await endOf(reader)).toBe(4)
    isOwned = true
    const next = nextAt(reader, 4)
    expect([await endOf(reader), await valuesIn(reader)]).toEqual([4, ['before', 'behind']])
    const owner = await open(path, false)
    const producer = await ok(owner.producer())
    await ok(producer.append([batch('t', 0, ['next'])]))
    expect(await next).toEqual(['next'])
  })
})

it("an owner's open transaction is not taken for a dead one, where it comes while somebody looks", async () => {
  const path = await dead()
  const answers = [false, true]
  const reader = await openBeside(path, () => answers.shift() ?? true)
  expect([await endOf(reader), await endOf(reader, 'read_uncommitted')]).toEqual([1, 3])
})
