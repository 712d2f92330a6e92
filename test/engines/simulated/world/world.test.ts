import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChoiceTape } from '../../../../src/engines/simulated/world/choices.ts'
import { Network, type Weather } from '../../../../src/engines/simulated/world/network.ts'
import { World } from '../../../../src/engines/simulated/world/world.ts'
import { systemSettle } from '../../../../src/millrace/system.ts'

const limits = { forMs: 60_000, steps: 100_000 }

const bad: Weather = { delay: 0.3, loss: 0.1, duplication: 0.1, reordering: 0.2 }

/** Two processes that send each other numbers, one of them by timers of its own; answers what arrived where, and when. */
const chatter = async (of: { seed: number; tape?: ChoiceTape; weather: Weather; messages: number }) => {
  const world = new World({ seed: of.seed, settle: systemSettle, ...(of.tape === undefined ? {} : { tape: of.tape }) })
  const network = new Network(world)
  network.weather = of.weather
  const [left, right] = [world.spawn('left', 'client'), world.spawn('right', 'broker')]
  const arrived: (readonly [string, number, number])[] = []
  const clock = world.clockOf(left)
  const send = (number: number) => {
    if (number === of.messages) return
    network.send(left, right, 'ping', () => {
      arrived.push(['right', number, world.now])
      network.send(right, left, 'pong', () => arrived.push(['left', number, world.now]))
    })
    clock.after(number % 3, () => send(number + 1))
  }
  send(0)
  const end = await world.run(() => false, limits)
  return { end, arrived, hash: world.trace.hash, tape: world.choices.tape, steps: world.trace.steps }
}

describe('a world', () => {
  it('is the same for the same seed, and for what was chosen from it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 40 }), async (seed, messages) => {
        const first = await chatter({ seed, weather: bad, messages })
        const again = await chatter({ seed, weather: bad, messages })
        const played = await chatter({ seed: seed + 1, tape: first.tape, weather: bad, messages })
        expect(again).toEqual(first)
        expect(played).toEqual(first)
      }),
    )
  })

  it('is another for another seed', async () => {
    const hashes = await Promise.all(
      [1, 2, 3, 4].map(async (seed) => (await chatter({ seed, weather: bad, messages: 40 })).hash),
    )
    expect(new Set(hashes).size).toBe(4)
  })

  it('does everything in order, once, without faults', async () => {
    const { arrived, tape, end } = await chatter({ seed: 1, tape: {}, weather: bad, messages: 20 })
    const numbers = Array.from({ length: 20 }, (_, number) => number)
    expect(arrived.filter(([at]) => at === 'right').map(([, number]) => number)).toEqual(numbers)
    expect(arrived.filter(([at]) => at === 'left').map(([, number]) => number)).toEqual(numbers)
    expect({ tape, end }).toEqual({ tape: {}, end: 'idle' })
  })

  it('keeps order between two processes where messages are only late', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const weather = { ...bad, loss: 0, duplication: 0, reordering: 0 }
        const { arrived } = await chatter({ seed, weather, messages: 30 })
        for (const side of ['left', 'right']) {
          const numbers = arrived.filter(([at]) => at === side).map(([, number]) => number)
          expect(numbers).toEqual(Array.from({ length: 30 }, (_, number) => number))
        }
      }),
    )
  })

  it('goes on only once a user code has done what it can', async () => {
    const world = new World({ seed: 1, settle: systemSettle })
    const client = world.spawn('client', 'client')
    const seen: string[] = []
    world.after(client, 1, 'first', () => {
      const chain = async () => {
        for (let turn = 0; turn < 10; turn++) await Promise.resolve()
        seen.push('all promises')
      }
      chain().catch(() => seen.push('never'))
    })
    world.after(client, 1, 'second', () => seen.push('second'))
    expect(await world.run(() => false, limits)).toBe('idle')
    expect(seen).toEqual(['all promises', 'second'])
  })

  it('does nothing of a process that is dead, and later what was held back by a pause', async () => {
    const world = new World({ seed: 1, settle: systemSettle })
    const [mortal, sleeper] = [world.spawn('mortal', 'broker'), world.spawn('sleeper', 'broker')]
    const seen: string[] = []
    world.after(mortal, 5, 'late', () => seen.push('of the dead'))
    world.after(sleeper, 1, 'first', () => seen.push('first'))
    world.after(sleeper, 2, 'second', () => seen.push(`second at ${world.now}`))
    world.pause(sleeper)
    const other = world.spawn('other', 'broker')
    world.after(other, 4, 'ends both', () => {
      mortal.kill()
      world.resume(sleeper)
    })
    await world.run(() => false, limits)
    expect(seen).toEqual(['first', 'second at 4'])
  })

  it('answers a request once, or says that there was no answer', async () => {
    const world = new World({ seed: 1, settle: systemSettle })
    const network = new Network(world)
    const [client, broker, mute] = [
      world.spawn('client', 'client'),
      world.spawn('broker', 'broker'),
      world.spawn('mute', 'broker'),
    ]
    const answers: string[] = []
    const ask = (to: typeof broker, what: string, handle: (answer: (reply: string) => void) => void) =>
      network.request<string>(client, to, {
        what,
        timeoutMs: 100,
        handle,
        answered: (reply) => answers.push(`${what}: ${reply} at ${world.now}`),
      })
    network.weather = { ...bad, delay: 0, loss: 0, reordering: 0, duplication: 1 }
    ask(broker, 'twice', (answer) => answer('yes'))
    ask(mute, 'never', () => {})
    ask(mute, 'dies', () => mute.kill())
    await world.run(() => false, limits)
    expect(answers).toEqual(['twice: yes at 1', 'never: disconnected at 1', 'dies: disconnected at 1'])
    const mend = network.cut('client', 'broker')
    ask(broker, 'cut', (answer) => answer('yes'))
    await world.run(() => false, limits)
    mend()
    ask(broker, 'mended', (answer) => answer('yes'))
    await world.run(() => false, limits)
    expect(answers.slice(3)).toEqual(['cut: timed out at 101', 'mended: yes at 102'])
  })
})
