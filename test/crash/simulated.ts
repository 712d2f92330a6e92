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
import { type Actor, hurried, work } from './program/work.ts'
import { anomaliesAgainst, crashed, lived, nothingYet, opened, type Standings } from './standing.ts'
import type { Told } from './told.ts'
import { copying, totalling } from './topics.ts'

/** How a life opens its directory, and how it ends. */
export interface SimulatedLife {
  readonly durability: Durability
  readonly crash: Crash
}

/** A scripted run on a disk in memory that crashes at every operation. */
export interface SimulatedRun {
  readonly seed: number
  readonly cast: readonly Actor[]
  /** How often each actor acts in each life. */
  readonly acts: number
  /** Each on what a crash of the one before has left. What looks at that opens it as any of them does. */
  readonly lives: readonly SimulatedLife[]
  /** Every so many-th crash is followed by another one, somewhere in its recovery. */
  readonly doubleEvery: number
  /** A fault of ours, to see that it is found. */
  readonly planted?: Planted
}

export interface Planted {
  readonly engine?: (engine: Engine) => Engine
  /** What opens after a crash finds this done to its disk. */
  readonly disk?: (storage: Storage) => void
  /** What a life works with instead of its disk. */
  readonly storage?: (storage: Storage) => Storage
  /** What it is opened with, whatever is said. */
  readonly durability?: Durability
}

export interface SimulatedResult {
  readonly powerLosses: number
  readonly kills: number
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
  /** Nothing is told before the directory is open, and looked at. */
  readonly standings: Standings
}

/** Runs it, and checks what each crash leaves. Calls `breathe` between two of them; it may end the run by answering true. */
export const simulate = async (
  run: SimulatedRun,
  breathe: (result: SimulatedResult) => boolean | Promise<boolean> = () => false,
): Promise<SimulatedResult> => {
  const random = seededRandom(run.seed)
  const result = { powerLosses: 0, kills: 0, doubles: 0, transactions: 0, anomalies: [] as Anomaly[] }
  const note = (anomalies: readonly Anomaly[], where: string): void =>
    void result.anomalies.push(...anomalies.map(({ law, what }) => ({ law, what: `${where}: ${what}` })))
  const look = async (left: ForgetfulDisk, { kill: standing }: Standings, where: string): Promise<void> => {
    const found = await reopened(run, left, anyOf(run.lives, random).durability)
    note('failure' in found ? [found.failure] : anomaliesAgainst(standing, found), where)
    result.transactions += standing.history.deeds.filter(
      ({ act }) => act.kind === 'transaction' || act.kind === 'copy',
    ).length
  }
  let disk = new ForgetfulDisk(chosenBy(seededRandom(run.seed + 1)))
  let standings = nothingYet
  for (const [life, plan] of run.lives.entries()) {
    const { crashes, anomalies } = await live(run, { disk, standings, life, plan, random })
    for (const [at, one] of crashes.entries()) {
      const where = `life ${life}, operation ${at + 1} of ${crashes.length}`
      const left = crashed(one.standings, plan.crash)
      if (plan.crash === 'kill') result.kills++
      else result.powerLosses++
      await look(one.disk.fork(chosenBy(random)), left, where)
      if (run.doubleEvery > 0 && at % run.doubleEvery === 0) {
        result.doubles++
        const again = one.disk.fork(chosenBy(random))
        const recovery = { ...anyOf(run.lives, random), at: 1 + Math.floor(random() * 40) }
        const leftAgain = await recoverUntil(run, again, left, recovery)
        const { durability, crash } = recovery
        await look(again, leftAgain, `${where}, and operation ${recovery.at} of its recovery (${durability}, ${crash})`)
      }
      if (result.anomalies.length >= anomaliesMax || (await breathe(result))) return result
    }
    note(anomalies, `life ${life}`)
    const next = crashes[Math.floor(random() * crashes.length)]
    if (next === undefined || anomalies.length > 0) return result
    disk = next.disk
    standings = crashed(next.standings, plan.crash)
  }
  return result
}

/** Each life's mode and end, and who acts. */
export const described = ({ lives, cast }: SimulatedRun): string =>
  `${lives.map(({ durability, crash }) => `${durability} until ${crash === 'kill' ? 'killed' : 'the power goes'}`).join(', ')}: ${cast.join('+')}`

const anyOf = <A>(all: readonly A[], random: () => number): A => all[Math.floor(random() * all.length)] as A

interface Opening {
  readonly durability: Durability
  readonly storage: Storage
  readonly clock: VirtualClock
  readonly seed: number
}

const open = ({ planted }: SimulatedRun, { durability, storage, clock, seed }: Opening) => {
  const next = seededRandom(seed)
  const random = { next, id: () => Uint8Array.from({ length: 16 }, () => Math.floor(next() * 256)) }
  return openEmbedded({
    name: 'simulated:',
    storage,
    durability: planted?.durability ?? durability,
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

interface Living {
  readonly disk: ForgetfulDisk
  readonly standings: Standings
  readonly life: number
  readonly plan: SimulatedLife
  readonly random: () => number
}

/** One life: answers every operation's crash, and what went wrong without any. */
const live = async (
  run: SimulatedRun,
  { disk, standings: before, life, plan: { durability, crash }, random }: Living,
): Promise<{ readonly crashes: readonly Crashed[]; readonly anomalies: readonly Anomaly[] }> => {
  const crashes: Crashed[] = []
  const told: Told[] = []
  let after: Standings | undefined
  const storage = disk.restart()
  disk.crash = crash
  disk.onOperation = (crashed) =>
    crashes.push({ disk: crashed, standings: after === undefined ? before : lived(after, durability, told) })
  const clock = new VirtualClock(1_700_000_000_000 + life * 1_000_000)
  try {
    const opening = { durability, storage: run.planted?.storage?.(storage) ?? storage, clock, seed: run.seed + life }
    const engine = await driven(clock, ok(open(run, opening)))
    const found = await driven(clock, lookAround(engine, groups))
    const anomalies = anomaliesAgainst(before.kill, found)
    if (anomalies.length > 0) return { crashes, anomalies }
    after = opened(before, durability, found)
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
    const options = { millrace, engine: played, clock: soon, tell, life, acts, seed, cast }
    await driven(clock, work({ ...options, mayBeFull: false, isStateOnDisk: false }))
    await driven(clock, millrace.close())
  } catch (error) {
    return { crashes, anomalies: [doesNotOpen(error)] }
  } finally {
    disk.onOperation = undefined
  }
  const failed = historyOf(told).failures
  return {
    crashes,
    anomalies: failed.map(({ code, message }): Anomaly => ({ law: 'reopens', what: `${code}: ${message}` })),
  }
}

const groups = [copying, totalling] as const

const doesNotOpen = (error: unknown): Anomaly => {
  return { law: 'reopens', what: error instanceof Error ? error.message : String(error) }
}

/** What the next process finds, or why it cannot open. */
const reopened = async (
  run: SimulatedRun,
  disk: ForgetfulDisk,
  durability: Durability,
): Promise<Found | { readonly failure: Anomaly }> => {
  const storage = disk.restart()
  run.planted?.disk?.(storage)
  const clock = new VirtualClock(1_800_000_000_000)
  try {
    const engine = await driven(clock, ok(open(run, { durability, storage, clock, seed: 1 })))
    return await driven(clock, lookAround(engine, groups))
  } catch (error) {
    return { failure: doesNotOpen(error) }
  }
}

/** Crashes a recovery at its `at`-th operation, or behind it where it has fewer; answers what stands then. */
const recoverUntil = async (
  run: SimulatedRun,
  disk: ForgetfulDisk,
  before: Standings,
  { durability, crash, at }: SimulatedLife & { readonly at: number },
): Promise<Standings> => {
  const storage = disk.restart()
  disk.crash = crash
  disk.crashAt = disk.operations + at
  const clock = new VirtualClock(1_800_000_000_000)
  const recovered = await driven(clock, open(run, { durability, storage, clock, seed: 2 })())
  disk.crashAt = Number.POSITIVE_INFINITY
  const isOpen = recovered._tag === 'Right' && !disk.isDead
  const after = isOpen ? opened(before, durability, await driven(clock, lookAround(recovered.right, groups))) : before
  disk.die()
  return crashed(after, crash)
}
