import { describe, expect, it } from 'vitest'
import { memoryStorage } from '../../../src/log/memory-storage.ts'
import { describeConformance } from '../../../src/testing/conformance/describe-conformance.ts'
import { engineConformance } from '../../../src/testing/conformance/engine-conformance.ts'
import { subject } from '../../support/embedded-subject.ts'

const open = async () => {
  const one = await subject({ name: 'memory:', storage: memoryStorage(), durability: 'process', remove: () => {} })
  const features = { ...one.engine.features, grow: 'it has grown enough' }
  return { ...one, engine: { ...one.engine, features } }
}

interface Declared {
  readonly path: string
  readonly run: (context?: unknown) => Promise<void>
}

/** Declares everything to a runner that only writes it down. */
const declared = (): readonly Declared[] => {
  const tests: Declared[] = []
  let groups: readonly string[] = []
  describeConformance(
    {
      describe: (name, declare) => {
        groups = [...groups, name]
        declare()
        groups = groups.slice(0, -1)
      },
      it: (name, run) => tests.push({ path: [...groups, name].join(' > '), run }),
    },
    'mine',
    { open },
  )
  return tests
}

const grow = 'conformance of mine > topics > grow, and keep what they have'

describe('describeConformance', () => {
  it('declares every law, by area', () => {
    expect(declared().map(({ path }) => path)).toEqual(
      engineConformance({ open }).map(({ area, title }) => `conformance of mine > ${area} > ${title}`),
    )
  })

  it('declares tests that no runner takes for ones with a callback', () => {
    expect(new Set(declared().map(({ run }) => run.length))).toEqual(new Set([0]))
  })

  it('skips what is left out, with the reason, by a context or by this', async () => {
    const test = declared().find(({ path }) => path === grow)
    const why: string[] = []
    const context = { skip: (reason: string) => why.push(reason) }
    await test?.run(context)
    await test?.run.call(context)
    await test?.run.call(undefined)
    expect(why).toEqual(Array(2).fill('memory: has no grow: it has grown enough'))
  })

  it('passes on why a law is broken', async () => {
    const broken = new Error('no such engine')
    const tests: Declared[] = []
    describeConformance({ describe: (_, declare) => declare(), it: (path, run) => tests.push({ path, run }) }, 'mine', {
      open: () => Promise.reject(broken),
    })
    await expect(tests[0]?.run()).rejects.toBe(broken)
  })
})
