import { describe, expect, it } from 'vitest'
import { fileEngine } from '../../../src/engines/embedded/open-url.ts'
import { systemClock, systemRandom } from '../../../src/millrace/system.ts'
import { ok, refusal } from '../../../src/testing/conformance/calls.ts'
import { batch, readAll, seenIn } from '../../../src/testing/conformance/records.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const open = (path: string, readOnly: boolean, durability: 'power' | 'process' = 'power') =>
  ok(fileEngine({ name: `file:${path}`, path, durability, readOnly, clock: systemClock, random: systemRandom }))

const at = { topic: 't', partition: 0 }
const values = async (engine: Awaited<ReturnType<typeof open>>) => (await readAll(engine, at)).map(({ value }) => value)

for (const durability of ['power', 'process'] as const)
  describe(`a read-only opening (${durability})`, () => {
    it('reads what the owner has written, and what it goes on to write', async () => {
      const path = temporaryDirectory()
      const owner = await open(path, false, durability)
      await ok(owner.topics.create({ name: 't', partitions: 1, config: {} }))
      const producer = await ok(owner.producer())
      await ok(producer.append([batch('t', 0, ['a'])]))
      const reader = await open(path, true, durability)
      expect(await values(reader)).toEqual(['a'])

      const waiting = ok(
        reader.reader.fetch({
          positions: [{ ...at, offset: 1 }],
          isolation: 'read_committed',
          maxBytes: 1_000,
          maxWaitMs: 20_000,
        }),
      )
      await ok(producer.append([batch('t', 0, ['b'])]))
      const [fetched] = await waiting
      expect(fetched && seenIn(fetched, 1).map(({ value }) => value)).toEqual(['b'])
      await ok(owner.groups.commit({ group: 'g', generation: -1, memberId: '' }, [{ ...at, offset: 2, metadata: '' }]))
      await ok(owner.close())
      const after = await open(path, true, durability)
      expect(await ok(after.groups.committed('g'))).toEqual([{ ...at, offset: 2, metadata: '' }])
      await ok(after.close())
      await ok(reader.close())
    })

    it('sees open transactions as open, and leaves them alone', async () => {
      const path = temporaryDirectory()
      const owner = await open(path, false, durability)
      await ok(owner.topics.create({ name: 't', partitions: 1, config: {} }))
      const tx = await ok(owner.transactions({ transactionalId: 'tx', timeoutMs: 60_000 }))
      const plain = await ok(owner.producer())
      await ok(plain.append([batch('t', 0, ['before'])]))
      await ok(tx.append([batch('t', 0, ['within'])]))
      await ok(plain.append([batch('t', 0, ['behind'])]))
      const reader = await open(path, true, durability)
      expect(await values(reader)).toEqual(['before'])
      await ok(tx.commit())
      await ok(reader.close())
      const later = await open(path, true, durability)
      expect(await values(later)).toEqual(['before', 'within', 'behind'])
      await ok(later.close())
      await ok(owner.close())
    })
  })

describe('a read-only opening', () => {
  it('writes nothing, and says so', async () => {
    const path = temporaryDirectory()
    const owner = await open(path, false)
    await ok(owner.topics.create({ name: 't', partitions: 1, config: {} }))
    const reader = await open(path, true)
    const calls = [
      reader.producer(),
      reader.transactions({ transactionalId: 'tx', timeoutMs: 1_000 }),
      reader.topics.create({ name: 'u', partitions: 1, config: {} }),
      reader.topics.delete('t'),
      reader.topics.deleteRecords([{ ...at, offset: 0 }]),
      reader.groups.commit({ group: 'g', generation: -1, memberId: '' }, []),
    ]
    for (const call of calls) expect(await refusal(call)).toMatchObject({ code: 'read-only', kind: 'refused' })
    await ok(reader.close())
    expect((await refusal(reader.topics.describe())).code).toBe('closed')
    await ok(owner.close())
  })

  it('of nothing is refused', async () => {
    const path = temporaryDirectory()
    const engine = fileEngine({
      name: 'f',
      path,
      durability: 'power',
      readOnly: true,
      clock: systemClock,
      random: systemRandom,
    })
    const failure = await refusal(engine)
    expect(failure.code).toBe('foreign-directory')
    expect(failure.message).toContain(path)
  })
})
