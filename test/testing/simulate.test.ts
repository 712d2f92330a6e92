import { describe, expect, it } from 'vitest'
import { mapAsync, mapValue, to } from '../../operators/index.ts'
import { type Millrace, stream, type Topic, text, topic } from '../../src/index.ts'
import { simulate } from '../../src/testing/simulate.ts'

type Lines = Topic<string, string>

const words = topic('words', { key: text, value: text, partitions: 2 })
const loud = topic('loud', { key: text, value: text, partitions: 2 })
const louder = topic('louder', { key: text, value: text, partitions: 2 })

const exclaiming = (name: string, from: Lines, into: Lines) => (millrace: Millrace) =>
  millrace.run(
    name,
    stream(from).pipe(
      mapValue((word) => `${word}!`),
      to(into),
    ),
  )

const shout = exclaiming('shout', words, loud)
const echo = exclaiming('echo', loud, louder)

const sent = (...values: string[]) => values.map((value) => ({ key: value, value }))
const values = (records: readonly { readonly value: string }[]) => records.map(({ value }) => value).sort()

describe('simulate', () => {
  it('plays a story: a crash of the program, of a broker, and a network that is cut', async () => {
    const starts = await simulate(async (sim) => {
      let starts = 0
      await sim.create(words, loud)
      const app = sim.start('app', (millrace) => {
        starts++
        return shout(millrace)
      })
      await sim.send(words, sent('a', 'b'))
      await sim.drained()
      expect(values(await sim.records(loud))).toEqual(['a!', 'b!'])

      await sim.crash(app)
      sim.broker(0).losePower()
      await sim.send(words, sent('c'))
      sim.broker(0).start()
      sim.partition([app], ['broker-0', 'broker-1', 'broker-2'])
      await sim.send(words, sent('d'))
      await sim.elapse('2s')
      expect(values(await sim.records(loud))).toEqual(['a!', 'b!'])
      await sim.heal()
      await sim.drained()
      expect(values(await sim.records(loud))).toEqual(['a!', 'b!', 'c!', 'd!'])
      return starts
    })
    expect(starts).toBe(2)
  })

  it('is the same for the same seed, and lets exactly as much time go by as was said', async () => {
    const story = () =>
      simulate(
        async (sim) => {
          const began = sim.now
          await sim.elapse('30m')
          const elapsed = sim.now - began
          await sim.create(words, loud)
          sim.start('app', shout)
          await Promise.all([sim.send(words, sent('a')), sim.send(words, sent('b')), sim.elapse(250)])
          await sim.drained()
          return [elapsed, sim.now, await sim.records(loud)]
        },
        { seed: 7, cluster: { brokers: 1, replicationFactor: 1, minInsyncReplicas: 1 } },
      )
    const first = await story()
    expect(first[0]).toBe(30 * 60_000)
    expect(await story()).toEqual(first)
  })

  it('stands still while nothing is waited for', async () => {
    await simulate(async (sim) => {
      const before = sim.now
      await new Promise((resolve) => setImmediate(resolve))
      expect(sim.now).toBe(before)
    })
  })

  it('waits for what is called by hand, and until something holds', async () => {
    await simulate(async (sim) => {
      await sim.create(words, loud)
      expect(await sim.wait(sim.millrace.describe(words))).toMatchObject([{ name: 'words', partitions: 2 }])
      let heard = 0
      sim.start('app', () => void setInterval(() => heard++, 1_000))
      await sim.until('three beats were heard', () => heard === 3)
      const app = { name: 'app' }
      await sim.pause(app)
      await sim.elapse('10s')
      expect(heard).toBe(3)
      await sim.resume(app)
      await sim.elapse('1500ms')
      expect(heard).toBe(5)
      await sim.stop(app)
      await sim.elapse('10s')
      expect(heard).toBe(5)
    })
  })

  it('has work go from one process to another within seconds', async () => {
    await simulate(async (sim) => {
      await sim.create(words, loud)
      sim.start('app-1', shout)
      await sim.elapse('10s')
      const second = sim.start('app-2', shout)
      await sim.elapse('7s')
      await sim.send(words, sent('a', 'b', 'c', 'd'))
      await sim.drained('4s')
      await sim.stop(second)
      await sim.send(words, sent('e', 'f', 'g', 'h'))
      await sim.drained('4s')
      expect(values(await sim.records(loud))).toEqual(['a!', 'b!', 'c!', 'd!', 'e!', 'f!', 'g!', 'h!'])
    })
  })

  describe('of a chain of two pipelines', () => {
    it('both are at work at once in two processes: neither takes over what the other is', async () => {
      let starts = 0
      await simulate(async (sim) => {
        await sim.create(words, loud, louder)
        const chain = async (millrace: Millrace) => {
          starts++
          await shout(millrace)
          await echo(millrace)
        }
        sim.start('app-1', chain)
        sim.start('app-2', chain)
        await sim.send(words, sent('a', 'b', 'c', 'd'))
        await sim.drained('5s')
        expect(values(await sim.records(louder))).toEqual(['a!!', 'b!!', 'c!!', 'd!!'])
      })
      expect(starts).toBe(2)
    })
  })

  describe('of a chain of two pipelines, everything is worked off only when', () => {
    it('a program that takes its time between them has run both', async () => {
      await simulate(async (sim) => {
        await sim.create(words, loud, louder)
        await sim.send(words, sent('a'))
        sim.start('app', async (millrace) => {
          await shout(millrace)
          await new Promise((resolve) => setTimeout(resolve, 10_000))
          await echo(millrace)
        })
        await sim.drained()
        expect(values(await sim.records(louder))).toEqual(['a!!'])
      })
    })

    it('the program that was killed is there again', async () => {
      await simulate(async (sim) => {
        await sim.create(words, loud, louder)
        sim.start('shouter', shout)
        sim.start('echoer', echo)
        await sim.send(words, sent('a'))
        await sim.drained()
        await sim.crash('echoer')
        await sim.send(words, sent('b'))
        await sim.drained()
        expect(values(await sim.records(louder))).toEqual(['a!!', 'b!!'])
      })
    })
  })

  it('says what did not happen in time', async () => {
    const failing = (story: Parameters<typeof simulate>[0]) => expect(simulate(story)).rejects
    await failing(async (sim) => {
      await sim.create(words, loud)
      await sim.until('it rains', () => false, '5m')
    }).toThrow('this did not come to be: it rains within 300 virtual seconds')
    await failing(async (sim) => {
      await sim.create(words, loud)
      sim.start('app', () => {
        throw new Error('no such luck')
      })
      await sim.send(words, sent('a'))
      await sim.drained('10s')
    }).toThrow('not everything was worked off (0 pipelines are running; app has ended with: no such luck) within 10')
    await failing(async (sim) => {
      await sim.create(words, loud)
      sim.start('app', (millrace) =>
        millrace.run(
          'ask',
          stream(words).pipe(
            mapAsync(async () => (await fetch('http://localhost')).text()),
            to(loud),
          ),
        ),
      )
      await sim.send(words, sent('a'))
      await sim.drained()
    }).toThrow('fetch was called in a simulated run')
  })

  it('refuses what makes no sense, by name', async () => {
    await simulate(async (sim) => {
      sim.start('app', () => {})
      expect(() => sim.start('app', () => {})).toThrow("sim.start('app', …): there is a process of that name")
      expect(() => sim.broker(7)).toThrow('there is no broker 7: there are 0, 1, 2')
      expect(() => sim.partition(['ap'], ['broker-0'])).toThrow("there is no process 'ap': there are broker-0")
      await expect(sim.crash('ap')).rejects.toThrow("no program 'ap' was started: there are app")
      expect(() => sim.elapse('soon' as never)).toThrow('and not "soon"')
    })
    await expect(simulate('story' as never)).rejects.toThrow(TypeError)
    await expect(simulate(async () => {}, { sed: 1 } as never)).rejects.toThrow('sed')
    await expect(simulate(async () => {}, { seed: 0.5 })).rejects.toThrow('simulate(…): seed is a whole number')
    const nodes = { cluster: { nodes: 1 } } as never
    await expect(simulate(async () => {}, nodes)).rejects.toThrow("simulate(…): cluster: there is no option 'nodes'")
  })
})
