import { delay } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { mapAsync, mapValue, to } from '../../../operators/index.ts'
import type { SimulatedCluster } from '../../../src/engines/simulated/cluster.ts'
import type { Clients } from '../../../src/engines/simulated/faults/scene.ts'
import { type Millrace, stream, text, topic } from '../../../src/index.ts'
import { systemSettle } from '../../../src/millrace/system.ts'
import { clusterStage } from '../../../src/testing/simulation/cluster-stage.ts'
import type { Outcome } from '../../../src/testing/simulation/plan.ts'
import { runPlan } from '../../../src/testing/simulation/run-plan.ts'
import { NotRepeatable, sameTwice } from '../../../src/testing/simulation/same-twice.ts'

const words = topic('words', { key: text, value: text })
const loud = topic('loud', { key: text, value: text })
const bytesOf = (value: string) => new TextEncoder().encode(value)

interface Ran {
  readonly outcome: Outcome
  readonly loud: readonly string[]
}

/** Sends three words to a program, and answers what it made of them. */
const ran = async (
  app: (millrace: Millrace) => unknown,
  {
    keepTrace = false,
    meanwhile = () => {},
  }: { keepTrace?: boolean; meanwhile?: (apps: Clients, cluster: SimulatedCluster) => void } = {},
): Promise<Ran> => {
  const made: string[] = []
  const input = ['a', 'b', 'c'].map((value) => ({
    topic: 'words',
    key: bytesOf('k'),
    value: bytesOf(value),
    afterMs: 100,
  }))
  const outcome = await runPlan({
    plan: { seed: 1, cluster: {}, input, faults: [], instances: 1 },
    topics: [words, loud],
    app,
    settle: systemSettle,
    keepTrace,
    judge: ({ topics }) => {
      made.push(...(topics.get('loud') ?? []).map(({ value }) => new TextDecoder().decode(value ?? new Uint8Array())))
      return []
    },
    stage: clusterStage((cluster, apps) => {
      meanwhile(apps, cluster)
      return () => {}
    }),
  })
  return { outcome, loud: made }
}

const twice = (app: (millrace: Millrace) => unknown): Promise<Outcome> =>
  sameTwice(async (keepTrace) => (await ran(app, { keepTrace })).outcome)

describe('a program in a simulated run', () => {
  it('takes its time by delay and setTimeout, and knows the world’s time', async () => {
    const shout = stream(words).pipe(
      delay(50),
      mapAsync(async (word) => {
        const began = Date.now()
        await new Promise((resolve) => setTimeout(resolve, 250))
        return `${word} ${Date.now() - began} ${new Date(began).getFullYear()}`
      }),
      to(loud),
    )
    const { outcome, loud: made } = await ran((millrace) => millrace.run('shout', shout))
    expect(outcome.violations).toEqual([])
    expect(made).toEqual(['a 250 2026', 'b 250 2026', 'c 250 2026'])
  })

  it('does the same in every run of a plan, whatever it draws', async () => {
    const made: (readonly string[])[] = []
    const shout = stream(words).pipe(
      mapAsync(async (word) => {
        await new Promise((resolve) => setTimeout(resolve, 100 * Math.random()))
        return `${word} ${crypto.randomUUID()} ${Date.now()}`
      }),
      to(loud),
    )
    await sameTwice(async () => {
      const one = await ran((millrace) => millrace.run('shout', shout))
      made.push(one.loud)
      return one.outcome
    })
    expect(made[0]).toHaveLength(3)
    expect(made[1]).toEqual(made[0])
  })

  it('is refused where it goes by what was left by the run before', async () => {
    let runs = 0
    const app = (millrace: Millrace) => {
      const late = (runs++ % 3) * 20
      return millrace.run(
        'shout',
        stream(words).pipe(
          delay(late),
          mapValue((word) => word),
          to(loud),
        ),
      )
    }
    await expect(twice(app)).rejects.toThrow(NotRepeatable)
    await expect(twice(app)).rejects.toThrow(/was not the same: until step \d+ it was, then the one had '/)
  })

  it('is refused by name where it reaches outside, and may skip what fails', async () => {
    const ask = stream(words).pipe(
      mapAsync(async (word) => (await fetch(`http://localhost/${word}`)).text()),
      to(loud),
    )
    const run = ran((millrace) => millrace.run('ask', ask, { onError: 'skip' }))
    await expect(run).rejects.toThrow('fetch was called in a simulated run: ')
  })

  it('ends with its intervals when it is killed, and begins anew', async () => {
    const beats: string[] = []
    let starts = 0
    const { outcome } = await ran(
      (millrace) => {
        const life = ++starts
        const began = Date.now()
        setInterval(() => beats.push(`${life}: ${Date.now() - began}`), 100)
        return millrace.run(
          'shout',
          stream(words).pipe(
            mapValue((word) => word),
            to(loud),
          ),
        )
      },
      {
        meanwhile: (apps, { world, supervisor }) => world.after(supervisor, 250, 'kills', () => apps.kill('app-1')),
      },
    )
    expect(outcome.violations).toEqual([])
    expect(starts).toBe(2)
    expect(beats.slice(0, 4)).toEqual(['1: 100', '1: 200', '2: 100', '2: 200'])
    expect(beats.filter((beat) => beat.startsWith('1'))).toHaveLength(2)
  })

  describe('beside which another process of it runs', () => {
    const shout = (millrace: Millrace) => millrace.run('shout', stream(words).pipe(to(loud)))
    const isFenced = async (guest: (apps: Clients) => void) => {
      const { outcome, loud: made } = await ran(shout, {
        meanwhile: (apps, { world, supervisor }) => {
          const [app] = apps.processes
          world.after(supervisor, 150, 'stands still', () => {
            if (app !== undefined) world.pause(app)
            guest(apps)
          })
          world.after(supervisor, 250, 'goes on', () => app !== undefined && world.resume(app))
        },
      })
      expect([outcome.violations, made]).toEqual([[], ['a', 'b', 'c']])
      return outcome.reached.has('producer-fenced')
    }

    it('shares its work, and is not taken over', async () => {
      expect(await isFenced((apps) => apps.start('guest'))).toBe(false)
    })

    it('is taken over by one that was started in its place', async () => {
      expect(await isFenced((apps) => apps.start('guest', 'app-1'))).toBe(true)
    })
  })

  it('ends, and is started again, where a timer of it throws', async () => {
    let starts = 0
    const { outcome, loud: made } = await ran(async (millrace) => {
      if (++starts === 1)
        setTimeout(() => {
          throw new Error('in a timer')
        }, 150)
      await millrace.run(
        'shout',
        stream(words).pipe(
          mapValue((word) => word),
          to(loud),
        ),
      )
    })
    expect(outcome.violations).toEqual([])
    expect(starts).toBe(2)
    expect(made).toEqual(['a', 'b', 'c'])
  })
})
