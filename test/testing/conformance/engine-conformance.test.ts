import { describe, expect, it } from 'vitest'
import type { Engine } from '../../../src/contracts/engine.ts'
import { memoryStorage } from '../../../src/log/memory-storage.ts'
import { type EngineLaw, engineConformance } from '../../../src/testing/conformance/engine-conformance.ts'
import { LawBroken } from '../../../src/testing/conformance/law-broken.ts'
import type { EngineSubject } from '../../../src/testing/conformance/subject.ts'
import { subject } from '../../support/embedded-subject.ts'
import { planted } from './planted.ts'

const sound = () => subject({ name: 'memory:', storage: memoryStorage(), durability: 'process', remove: () => {} })
const altered = (change: (subject: EngineSubject) => EngineSubject) =>
  engineConformance({ open: async () => change(await sound()), runs: 20 })
const withEngine = (change: (engine: Engine) => Engine) =>
  altered((subject) => ({ ...subject, engine: change(subject.engine) }))

const named = (laws: readonly EngineLaw[], name: string): EngineLaw => {
  const law = laws.find((one) => one.name === name)
  if (law === undefined) throw new Error(`there is no law '${name}'`)
  return law
}

const failureOf = (law: EngineLaw): Promise<unknown> =>
  law.run().then(
    () => undefined,
    (error: unknown) => error,
  )

describe('engineConformance', () => {
  it('has no fewer laws than it ever had, each under a name of its own', () => {
    const laws = engineConformance({ open: sound })
    expect(laws.length).toBeGreaterThanOrEqual(89)
    expect(new Set(laws.map(({ name }) => name)).size).toBe(laws.length)
    for (const { area, title, name } of laws) expect(name).toBe(`${area}: ${title}`)
  })

  for (const { what, breaks, plant } of planted)
    it.each(breaks)(`finds it where ${what}: %s`, async (name) => {
      await expect(named(engineConformance({ open: sound, runs: 20 }), name).run()).resolves.toEqual({ _tag: 'held' })
      const failure = await failureOf(named(withEngine(plant), name))
      expect(failure).toBeInstanceOf(LawBroken)
      expect(failure).toMatchObject({ law: name, engine: 'memory:' })
      expect((failure as LawBroken).message).toContain(`the engine 'memory:' breaks the law '${name}':\n`)
    })

  it('finds an engine that has forgotten what it kept', async () => {
    const forgetful = altered((subject) => ({ ...subject, reopen: async () => (await sound()).engine }))
    for (const name of ['topics and records are there, and offsets go on', 'committed offsets are there'])
      expect(await failureOf(named(forgetful, `after a kill: ${name}`))).toBeInstanceOf(LawBroken)
  })

  it('says what was expected, what was got, and where they differ first', async () => {
    const laws = withEngine((engine) => ({
      ...engine,
      producer: () => async () => {
        const made = await engine.producer()()
        if (made._tag === 'Left') return made
        const append: (typeof made.right)['append'] = (batches) => async () => {
          const appended = await made.right.append(batches)()
          if (appended._tag === 'Left') return appended
          return { ...appended, right: appended.right.map((one) => ({ ...one, offset: one.offset + 1 })) }
        }
        return { ...made, right: { ...made.right, append } }
      },
    }))
    const failure = await failureOf(named(laws, 'append: answers where each batch lies, in the order given'))
    expect((failure as LawBroken).message).toMatch(
      /^the engine 'memory:' breaks the law 'append: .*':\n {2}where the batches lie: expected \[ \{ topic: 'topic-\d+', .*, got \[.*\n {2}first at \[0\]\.offset: expected 0, got 1$/,
    )
    expect(failure).toMatchObject({
      actual: [{ offset: 1 }, { offset: 1 }, { offset: 3 }],
      expected: [{ offset: 0 }, { offset: 0 }, { offset: 2 }],
    })
  })

  it('tells what was last seen of what it has waited for in vain', async () => {
    const alone = withEngine((engine) => ({
      ...engine,
      groups: {
        ...engine.groups,
        // whoever comes joins a group that nobody else knows of
        join: (options) => engine.groups.join({ ...options, group: `${options.group}-${(joined += 1)}` }),
      },
    }))
    let joined = 0
    const law = named(alone, 'groups: share among two members, and give all to the one that stays (task)')
    expect((await failureOf(law)) as LawBroken).toHaveProperty(
      'message',
      expect.stringMatching(
        /did not come within a minute of the engine's time; at last: \{ owned: Set\(4\) \{.*\}, events: \[ 'assigned' \]/,
      ),
    )
  })

  it.each([
    [
      'append: answers where each batch lies, in the order given',
      'producer.append([ { topic:',
      (engine: Engine): Engine => ({
        ...engine,
        producer: () => async () => {
          const made = await engine.producer()()
          return made._tag === 'Left'
            ? made
            : { ...made, right: { ...made.right, append: () => () => new Promise(() => {}) } }
        },
      }),
    ],
    [
      'topics: are not created twice',
      "engine.topics.create({ name: 'topic-",
      (engine: Engine): Engine => ({
        ...engine,
        topics: { ...engine.topics, create: () => () => new Promise(() => {}) },
      }),
    ],
  ])('does not wait for ever: %s', async (name, what, change) => {
    const laws = engineConformance({
      open: async () => {
        const subject = await sound()
        return { ...subject, engine: change(subject.engine) }
      },
      limitMs: 20,
    })
    const failure = await failureOf(named(laws, name))
    expect(failure).toBeInstanceOf(LawBroken)
    expect((failure as LawBroken).message).toContain(
      `the engine 'memory:' breaks the law '${name}':\n  nothing was answered for 0.02 s, while this was waited for:\n  ${what}`,
    )
  })

  it('does not wait for ever for an engine that does not open, and says of which law', async () => {
    const [law] = engineConformance({ open: () => new Promise(() => {}), limitMs: 20 })
    expect(await failureOf(law as EngineLaw)).toMatchObject({
      message: expect.stringContaining(`open() of the law '${law?.name}'`),
    })
  })

  it('leaves out what an engine says it cannot do, in its own words, and nothing else', async () => {
    const laws = withEngine((engine) => ({
      ...engine,
      features: { ...engine.features, transactions: 'there is nobody to coordinate them' },
    }))
    for (const law of laws.filter(({ area }) => area === 'transactions' || area === 'offsets'))
      expect(await law.run()).toEqual(
        law.needs.includes('transactions')
          ? { _tag: 'left-out', why: 'memory: has no transactions: there is nobody to coordinate them' }
          : { _tag: 'held' },
      )
  })

  it('disposes of every engine that it opens, and tells of one that cannot be', async () => {
    let open = 0
    const counted = (change: (engine: Engine) => Engine) =>
      engineConformance({
        open: async () => {
          open += 1
          const { engine, dispose, ...rest } = await sound()
          const disposed = async () => {
            open -= 1
            await dispose()
          }
          return { ...rest, engine: change(engine), dispose: disposed }
        },
      })
    const name = 'append: answers where each batch lies, in the order given'
    await named(
      counted((engine) => engine),
      name,
    ).run()
    await failureOf(named(counted(planted[2]?.plant ?? ((engine) => engine)), name))
    await named(
      counted((engine) => ({ ...engine, features: { ...engine.features, groups: 'no' } })),
      'groups: do not mix assignors',
    ).run()
    expect(open).toBe(0)
    const stuck = altered((subject) => ({ ...subject, dispose: () => Promise.reject(new Error('it hangs')) }))
    expect(await failureOf(named(stuck, name))).toMatchObject({ law: name, message: /it hangs/ })
  })

  it('says what a subject lacks whose engine keeps something', async () => {
    const laws = altered(({ reopen: _, ...rest }) => rest)
    const failure = await failureOf(named(laws, 'after a close: committed offsets are there'))
    expect((failure as LawBroken).message).toMatch(/the subject has no reopen/)
  })

  it('gives each law names of its own, with a prefix where told', async () => {
    const names: string[] = []
    const laws = engineConformance({
      prefix: 'run7-',
      open: async () => {
        const one = await sound()
        const create: Engine['topics']['create'] = (spec) => {
          names.push(spec.name)
          return one.engine.topics.create(spec)
        }
        return { ...one, engine: { ...one.engine, topics: { ...one.engine.topics, create } } }
      },
    })
    for (const law of laws.filter(({ area }) => area === 'offsets')) await law.run()
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/^run7-topic-\d+$/)
  })

  it.each([
    [{ open: 'memory:' }, /engineConformance\(…\): open takes a function that opens an engine, and not "memory:"/],
    [{ open: sound, runs: 0 }, /runs/],
    [{ open: sound, prefix: 7 }, /prefix is a text, and not 7/],
    [{ open: sound, reopen: sound }, /reopen/],
  ])('refuses options that make no sense: %o', (options, message) => {
    expect(() => engineConformance(options as never)).toThrow(message)
  })
})
