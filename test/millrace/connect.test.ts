import { describe, expect, it } from 'vitest'
import { openEngine } from '../../src/engine.ts'
import { connect, text, topic } from '../../src/index.ts'

const words = topic('words', { key: text, value: text })

describe('connect', () => {
  it('takes an engine that is open, goes by its name, and closes it in the end', async () => {
    const engine = await openEngine('memory:')
    const millrace = await connect(engine)
    expect(millrace.url).toBe('memory:')
    await millrace.create(words)
    await millrace.send(words, [{ key: 'a', value: 'hello' }])
    for await (const { value } of millrace.read(words, { until: 'latest' })) expect(value).toBe('hello')
    expect.assertions(3)
    await millrace.close()
    expect(await engine.topics.describe()()).toMatchObject({ _tag: 'Left', left: { code: 'closed' } })
  })

  it.each(['durability', 'readOnly'] as const)('refuses %s beside an engine that is open', async (option) => {
    const engine = await openEngine('memory:')
    const options = { durability: { durability: 'power' }, readOnly: { readOnly: true } } as const
    await expect(connect(engine, options[option])).rejects.toThrow(
      new TypeError(
        `connect('memory:', …): ${option} is for an engine that connect opens, and this one is open: leave it out`,
      ),
    )
    await engine.close()()
  })

  it('refuses what is neither an engine nor its address', async () => {
    for (const target of [{}, { features: {} }, null, 5])
      await expect(connect(target as never)).rejects.toThrow(/connect\(…\) takes the address of an engine first/)
  })
})

describe('openEngine', () => {
  it.each([
    [() => openEngine(5 as never), /openEngine\(…\) takes the address of an engine first, and not 5/],
    [() => openEngine('memory:', { clientId: 'x' } as never), /clientId/],
    [
      () => openEngine('memory:', { durability: 'much' } as never),
      /durability is 'power' or 'process', and not "much"/,
    ],
    [() => openEngine('tape:x'), /tape/],
  ])('refuses by name what makes no sense', async (open, message) => {
    await expect(open()).rejects.toThrow(message)
  })
})
