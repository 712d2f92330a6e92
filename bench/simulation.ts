import * as fc from 'fast-check'
import { filterValue, mapValue, to } from '../operators/index.ts'
import { Network } from '../src/engines/simulated/world/network.ts'
import { World } from '../src/engines/simulated/world/world.ts'
import { stream, text, topic } from '../src/index.ts'
import { systemSettle } from '../src/millrace/system.ts'
import { DeliveryError, deliverySemantics } from '../src/testing/index.ts'
import { atLeast, below, type Measurement, median } from './measurement.ts'

const rounds = 5
const runsPerRound = 60
/** At most: it is fifty on average. */
const records = 100
const events = 400_000
const perMinute = 60_000

const words = topic('words', { key: text, value: text, partitions: 2 })
const loud = topic('loud', { key: text, value: text, partitions: 2 })
const word = fc.record({ key: fc.constantFrom('a', 'b', 'c'), value: fc.nat(99).map(String) })

const shouting = stream(words).pipe(
  mapValue((word) => `${word}!`),
  to(loud),
)

/** Milliseconds, and what came of it. */
const timed = async <A>(work: () => Promise<A>): Promise<{ readonly ms: number; readonly answer: A }> => {
  const begin = performance.now()
  const answer = await work()
  return { ms: performance.now() - begin, answer }
}

const pipelineRuns = (seed: number) =>
  deliverySemantics({
    app: (millrace) => millrace.run('shout', shouting),
    topics: [words, loud],
    input: { words: word },
    records,
    runs: runsPerRound,
    faults: 'jepsen',
    seed,
    expect: (e) => e.exactlyOnce(loud, ({ words }) => words.map(({ key, value }) => ({ key, value: `${value}!` }))),
  })

/** Two processes that answer one another, and nothing else. */
const pingPong = async (): Promise<number> => {
  const world = new World({ seed: 1, settle: systemSettle })
  const network = new Network(world)
  const [here, there] = [world.spawn('here', 'broker'), world.spawn('there', 'broker')]
  const ping = (): void => network.send(here, there, 'ping', () => network.send(there, here, 'pong', ping))
  for (let ball = 0; ball < 8; ball++) world.after(here, ball / 100, 'begins', ping)
  const { ms } = await timed(() => world.run(() => false, { forMs: Number.MAX_SAFE_INTEGER, steps: events }))
  return (events / ms) * 1000
}

/** How long a pipeline that forgets records takes to be found, made small, and told. */
const shrinking = async (seed: number): Promise<number> => {
  const { ms } = await timed(() =>
    deliverySemantics({
      app: (millrace) =>
        millrace.run(
          'shout',
          stream(words).pipe(
            filterValue((word) => !word.includes('7')),
            to(loud),
          ),
        ),
      topics: [words, loud],
      input: { words: word },
      records,
      faults: 'jepsen',
      seed,
      expect: (e) => e.exactlyOnce(loud, ({ words }) => words.map(({ key, value }) => ({ key, value }))),
    }).catch((error: unknown) => {
      if (!(error instanceof DeliveryError)) throw error
    }),
  )
  return ms / 1000
}

/** What a minute and a second of the simulated cluster hold; one world at a time. */
export const simulatedRuns = async (): Promise<readonly Measurement[]> => {
  const runs: number[] = []
  const steps: number[] = []
  const alone: number[] = []
  const shrunk: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const { ms, answer } = await timed(() => pipelineRuns(round + 1))
    const onlyMessages = await pingPong()
    // the first round warms up
    if (round === 0) continue
    runs.push((answer.runs / ms) * perMinute)
    steps.push((answer.steps / ms) * 1000)
    alone.push(onlyMessages)
    if (shrunk.length < 3) shrunk.push(await shrinking(round))
  }
  return [
    atLeast({
      name: `simulation, pipeline under jepsen, 3 brokers, up to ${records} records`,
      unit: 'runs/min',
      value: median(runs),
      target: 1_000,
    }),
    atLeast({
      name: 'simulation, messages between processes',
      unit: 'events/s',
      value: median(alone),
      target: 200_000,
    }),
    { name: 'simulation, steps of a cluster with a pipeline', unit: 'steps/s', value: median(steps) },
    below({
      name: 'simulation, from a failure to its smallest run',
      unit: 's',
      value: Math.max(...shrunk),
      target: 60,
    }),
  ]
}
