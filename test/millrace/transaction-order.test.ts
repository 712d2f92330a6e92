import { expect, it } from 'vitest'
import { settle } from '../../src/contracts/settle.ts'
import { openEmbedded } from '../../src/engines/embedded/engine.ts'
import { text, topic } from '../../src/index.ts'
import { memoryStorage } from '../../src/log/memory-storage.ts'
import { openMillrace } from '../../src/millrace/open-millrace.ts'
import { systemClock as clock, systemRandom as random } from '../../src/millrace/system.ts'

const lines = topic('lines', { key: text, value: text, partitions: 2 })

it('keeps the order of its calls where the first has to look at the topic again', async () => {
  const storage = memoryStorage()
  const engine = await settle(
    openEmbedded({ name: 'm', storage, durability: 'process', clock, random, persistent: true }),
  )
  const millrace = openMillrace({ url: 'm', engine, clock, random, clientId: 'test', send: {} })
  await millrace.create(lines)
  await millrace.send(lines, [{ key: 'k', value: 'before', partition: 0 }])
  await settle(engine.topics.grow('lines', 8)) // by somebody else
  await millrace.transaction(async (tx) => {
    const first = tx.send(lines, [
      { key: 'k', value: 'first', partition: 0 },
      { key: 'k', value: '', partition: 5 },
    ])
    await Promise.all([first, tx.send(lines, [{ key: 'k', value: 'second', partition: 0 }])])
  })
  const values: string[] = []
  for await (const { value } of millrace.read(lines, { until: 'latest', partitions: [0] })) values.push(value)
  expect(values).toEqual(['before', 'first', 'second'])
  await millrace.close()
})
