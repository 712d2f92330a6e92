import type { Engine } from '../../src/contracts/engine.ts'
import type { Storage } from '../../src/contracts/storage.ts'
import { openEmbedded } from '../../src/engines/embedded/engine.ts'
import type { Durability } from '../../src/log/checkpoint-record.ts'
import { openMillrace } from '../../src/millrace/open-millrace.ts'
import { ok } from '../../src/testing/conformance/calls.ts'
import { type Crash, ForgetfulDisk } from '../../src/testing/forgetful-disk/forgetful-disk.ts'
import { chosenBy } from '../support/chosen-by.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { type Found, lookAround } from './found.ts'
import { historyOf } from './history.ts'
import type { Anomaly } from './laws/anomaly.ts'
import { anomaliesIn, type Promised } from './laws/check.ts'
import { type Actor, hurried, work } from './program/work.ts'
import type { Told } from './told.ts'
import { copying, totalling } from './topics.ts'

/** A scripted run on a disk in memory that crashes at every operation. */
export interface SimulatedRun {
  readonly seed: number
  readonly durability: Durability
  readonly crash: Crash
  readonly cast: readonly Actor[]
  /** How often each actor acts in each life. */
  readonly acts: number
  /** How many lives, each on what a crash of the one before has left. */
  readonly lives: number
  /** Every so many-th crash is followed by another one, somewhere in its recovery. */
  readonly doubleEvery: number
  /** A fault of ours, to see that it is found. */
  readonly planted?: Planted
}

export interface Planted {
  readonly engine?: (engine: Engine) => Engine
  /** What opens after a crash finds this done to its disk. */
  readonly disk?: (storage: Storage) => void
  /** What is not promised is expected. */
  readonly promised?: Promised
}

export interface SimulatedResult {
  readonly crashes: number
  readonly doubles: number
  /** Transactions that were looked at after a crash, each time anew. */
  readonly transactions: number
  readonly anomalies: readonly Anomaly[]
}

/** Small, so that a run takes the journal's two files in turn many times. */
const journalBytes = 24 * 1024
/** Past this nobody learns more. */
const anomaliesMax = 20

interface Crashed {
  readonly disk: ForgetfulDisk
  /** How much of what was told had been told by then. */
  readonly told: number
}

/** Runs it, and checks what each crash leaves. Calls `breathe` between two of them; it may end the run by answering true. */
export const simulate = async (
  run: SimulatedRun,
  breathe: (result: SimulatedResult) => boolean | Promise<boolean> = () => false,
): Promise<SimulatedResult> => {
  const survives = run.crash === 'kill' || run.durability === 'power'
  const promised = run.planted?.promised ?? (survives ? 'all' : 'prefix')
  const random = seededRandom(run.seed)
  const result = { crashes: 0, doubles: 0, transactions: 0, anomalies: [] as Anomaly[] }
  let disk = newDisk(run)
  const told: Told[] = []
  for (let life = 0; life < run.lives; life++) {
    const crashes = await live(run, { disk, life, told, random })
    for (const [at, crashed] of crashes.entries()) {
      const history = historyOf(told.slice(0, crashed.told))
      const isDouble = run.doubleEvery > 0 && at % run.doubleEvery === 0
      const where = `life ${life}, operation ${at + 1} of ${crashes.length}`
      const look = async (left: ForgetfulDisk, what: string): Promise<void> => {
        const found = await reopened(run, left)
        const wrong = 'failure' in found ? [found.failure] : anomaliesIn(history, found, promised)
        result.anomalies.push(...wrong.map(({ law, what: which }) => ({ law, what: `${what}: ${which}` })))
        result.transactions += history.deeds.filter(
          ({ act }) => act.kind === 'transaction' || act.kind === 'copy',
        ).length
      }
      result.crashes++
      await look(crashed.disk.fork(chosenBy(random)), where)
      if (isDouble) {
        result.doubles++
        const again = crashed.disk.fork(chosenBy(random))
        again.crashAt = Number.POSITIVE_INFINITY
        const recovery = 1 + Math.floor(random() * 40)
        await recoverUntil(run, again, recovery)
        await look(again, `${where}, and operation ${recovery} of its recovery`)
      }
      if (result.anomalies.length >= anomaliesMax || (await breathe(result))) return result
    }
    const failed = historyOf(told).failures
    result.anomalies.push(
      ...failed.map(({ code, message }): Anomaly => ({ law: 'reopens', what: `${code}: ${message}` })),
    )
    const next = crashes[Math.floor(random() * crashes.length)]
    if (next === undefined || failed.length > 0) return result
    disk = next.disk
    told.length = next.told
  }
  return result
}

const newDisk = ({ crash, seed }: SimulatedRun): ForgetfulDisk => {
  const disk = new ForgetfulDisk(chosenBy(seededRandom(seed + 1)))
  disk.crash = crash
  return disk
}

const open = (run: SimulatedRun, storage: Storage, clock: VirtualClock, seed: number) => {
  const next = seededRandom(seed)
  const random = { next, id: () => Uint8Array.from({ length: 16 }, () => Math.floor(next() * 256)) }
  return openEmbedded({
    name: 'simulated:',
    storage,
    durability: run.durability,
    persistent: true,
    clock: hurried(clock, 40),
    random,
    journalBytes,
  })
}

/** A minute of time in which nothing is settled is one too many. */
const patienceMs = 60_000

/** Lets time pass until `promise` is settled. */
const driven = async <A>(clock: VirtualClock, promise: Promise<A>): Promise<A> => {
  let isSettled = false
  const settled = (): void => {
    isSettled = true
  }
  promise.then(settled, settled)
  for (let passed = 0; !isSettled; passed++) {
    if (passed > patienceMs) throw new Error(`nothing came of it in ${patienceMs} ms of its time`)
    await clock.advance(1)
  }
  return promise
}

/** One life: answers every operation's crash. */
const live = async (
  run: SimulatedRun,
  { disk, life, told, random }: { disk: ForgetfulDisk; life: number; told: Told[]; random: () => number },
): Promise<readonly Crashed[]> => {
  const crashes: Crashed[] = []
  const storage = disk.restart()
  disk.onOperation = (crashed) => crashes.push({ disk: crashed, told: told.length })
  const clock = new VirtualClock(1_700_000_000_000 + life * 1_000_000)
  const engine = await driven(clock, ok(open(run, storage, clock, run.seed + life)))
  const soon = hurried(clock, 40)
  const played = run.planted?.engine?.(engine) ?? engine
  const millrace = openMillrace({
    url: 'simulated:',
    engine: played,
    clock: soon,
    random: { next: random, id: () => Uint8Array.from({ length: 16 }, () => Math.floor(random() * 256)) },
    clientId: 'crash',
    send: {},
  })
  const { cast, acts, seed } = run
  const tell = (one: Told): void => void told.push(one)
  await driven(
    clock,
    work({
      millrace,
      engine: played,
      clock: soon,
      tell,
      life,
      acts,
      seed,
      cast,
      mayBeFull: false,
      isStateOnDisk: false,
    }),
  )
  await driven(clock, millrace.close())
  disk.onOperation = undefined
  return crashes
}

/** What the next process finds, or why it cannot open. */
const reopened = async (run: SimulatedRun, disk: ForgetfulDisk): Promise<Found | { readonly failure: Anomaly }> => {
  const storage = disk.restart()
  run.planted?.disk?.(storage)
  const clock = new VirtualClock(1_800_000_000_000)
  try {
    return await driven(clock, lookAround(await driven(clock, ok(open(run, storage, clock, 1))), [copying, totalling]))
  } catch (error) {
    return { failure: { law: 'reopens', what: error instanceof Error ? error.message : String(error) } }
  }
}

/** Crashes a recovery at its `at`-th operation, or behind it where it has fewer. */
const recoverUntil = async (run: SimulatedRun, disk: ForgetfulDisk, at: number): Promise<void> => {
  const storage = disk.restart()
  disk.crashAt = disk.operations + at
  const clock = new VirtualClock(1_800_000_000_000)
  await driven(clock, open(run, storage, clock, 2)())
  disk.die()
}
