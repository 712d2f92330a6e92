import * as E from 'fp-ts/lib/Either.js'
import { expect, it } from 'vitest'
import type { Engine } from '../../src/contracts/engine.ts'
import { settle } from '../../src/contracts/settle.ts'
import { openEmbedded } from '../../src/engines/embedded/engine.ts'
import { text, topic } from '../../src/index.ts'
import { memoryStorage } from '../../src/log/memory-storage.ts'
import { openMillrace } from '../../src/millrace/open-millrace.ts'
import { systemClock as clock, systemRandom as random } from '../../src/millrace/system.ts'

const lines = topic('lines', { key: text, value: text, partitions: 2 })

/** An engine that answers an append once it is let. */
const asked = async () => {
  const storage = memoryStorage()
  const sound = await settle(
    openEmbedded({ name: 'm', storage, durability: 'process', clock, random, persistent: true }),
  )
  const waiting: (() => void)[] = []
  const engine: Engine = {
    ...sound,
    producer: () => async () => {
      const opened = await sound.producer()()
      if (E.isLeft(opened)) return opened
      const { append } = opened.right
      return E.right({
        ...opened.right,
        append: (batches) => async () => {
          await new Promise<void>((go) => waiting.push(go))
          return append(batches)()
        },
      })
    },
  }
  const turn = () => new Promise<void>((next) => setImmediate(next))
  return { engine, answer: async () => (await turn(), waiting.shift()?.(), turn()) }
}

it('flush waits for what was sent before it, and not for what others send meanwhile', async () => {
  const { engine, answer } = await asked()
  const millrace = openMillrace({ url: 'm', engine, clock, random, clientId: 'test', send: {} })
  await millrace.create(lines)
  const send = (partition: number) => millrace.send(lines, [{ key: 'k', value: 'v', partition }])
  const sent = [send(0)]
  let isFlushed = false
  const flushing = millrace.flush().then(() => {
    isFlushed = true
  })
  // there is something under way at every moment
  sent.push(send(1))
  await answer()
  await flushing
  expect(isFlushed).toBe(true)
  const closing = millrace.close()
  for (let left = 3; left > 0; left--) await answer()
  await Promise.all([...sent, closing])
})
