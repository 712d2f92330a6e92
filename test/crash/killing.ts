import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileEngine } from '../../src/engines/embedded/open-url.ts'
import { systemClock, systemRandom } from '../../src/millrace/system.ts'
import { ok } from '../../src/testing/conformance/calls.ts'
import type { Orders } from './child.ts'
import { DoomedChild, patienceMs } from './doomed-child.ts'
import { lookAround } from './found.ts'
import { type History, historyOf, toldIn } from './history.ts'
import { keptIn } from './kept.ts'
import type { Anomaly } from './laws/anomaly.ts'
import { anomaliesIn } from './laws/check.ts'
import { otherOnDisk } from './laws/kept-on-disk.ts'
import type { Life } from './life.ts'
import type { Told } from './told.ts'
import { copying, totalling } from './topics.ts'

/** What became of a directory. */
export interface Killed {
  readonly kills: number
  /** Those of them that came before the directory was open. */
  readonly whileOpening: number
  /** How many children died of too little memory. */
  readonly outOfMemory: number
  /** How many could not open for want of room. */
  readonly noRoom: number
  readonly transactions: number
  readonly records: number
  readonly slowestOpeningMs: number
  readonly anomalies: readonly Anomaly[]
  readonly directory: string
}

export interface KillingOptions {
  readonly seed: number
  readonly lives: readonly Life[]
  /** The child's. */
  readonly script: string
  /** Where to make the directory. */
  readonly under: string
  /** The engine's directory, where it is not to be in there. */
  readonly data?: string
  /** The disk on which that lies is too small, until this is called before the last life. */
  readonly makeRoom?: () => void
  /** Hears of each kill; may end it all by answering true. */
  readonly onKill?: () => boolean
}

/** Opening what so short lives have left takes a tenth of a second, on a machine that is busy. */
const openingMsMax = 5_000

const passed = (ms: number): Promise<void> => new Promise((over) => systemClock.after(ms, over, true))

/** Children live and are killed in one directory, one after the other; what each leaves is held against what all have told. */
export const killAgainAndAgain = async (options: KillingOptions): Promise<Killed> => {
  const directory = mkdtempSync(join(options.under, `seed-${options.seed}-`))
  const data = options.data ?? join(directory, 'data')
  const told = join(directory, 'told.jsonl')
  const errors = join(directory, 'stderr.txt')
  mkdirSync(data, { recursive: true })
  appendFileSync(told, '')
  const result = { kills: 0, whileOpening: 0, outOfMemory: 0, noRoom: 0, transactions: 0, records: 0 }
  const anomalies: Anomaly[] = []
  let history: History = historyOf([])
  const next = (life: number): DoomedChild | undefined => {
    const plan = options.lives[life]
    return plan === undefined ? undefined : new DoomedChild(options.script, errors, plan.heapMb)
  }
  let isEnough = false
  let spare = next(0)
  for (const [life, plan] of options.lives.entries()) {
    const child = spare as DoomedChild
    const isLoaded = await child.says('loaded')
    const isLast = life === options.lives.length - 1
    spare = next(life + 1)
    // with room again everything goes on, by itself
    const mustGoOn = isLast && options.makeRoom !== undefined
    if (mustGoOn) options.makeRoom?.()
    if (isLoaded) await liveAndDie(child, plan, { ...ordersOf(options, { data, told, life }), ...plan }, mustGoOn)
    if (mustGoOn && !child.has('acknowledged'))
      anomalies.push({ law: 'reopens', what: `life ${life}: there is room again, and nothing goes on` })
    const ending = await endingOf(child, plan)
    if (ending === 'killed') {
      result.kills++
      if (!child.has('opened')) result.whileOpening++
      isEnough = options.onKill?.() ?? false
    } else if (ending === 'no room') result.noRoom++
    else if (ending === 'out of memory') result.outOfMemory++
    else anomalies.push({ law: 'reopens', what: `life ${life}: ${ending}` })
    history = historyOf(completeToldIn(told))
    anomalies.push(...failuresOf(history))
    if (plan.isLookedAt || isLast)
      anomalies.push(...(await lookBehind({ data, elsewhere: directory }, history, `life ${life}`, result)))
    if (anomalies.length > 0 || isEnough) break
  }
  // where the lives were cut short, nobody has made room
  options.makeRoom?.()
  if (anomalies.length === 0) anomalies.push(...(await ownedAgain(data, history, result)))
  if (spare !== undefined) {
    spare.kill()
    await spare.exited
  }
  const slowestOpeningMs = Math.max(0, ...history.openingsMs)
  return { ...result, slowestOpeningMs, anomalies, directory }
}

const ordersOf = (
  { seed, makeRoom }: KillingOptions,
  rest: Pick<Orders, 'data' | 'told' | 'life'>,
): Omit<Orders, 'cast' | 'durability' | 'fullEvery' | 'isStateOnDisk' | 'leakKb'> => ({
  ...rest,
  seed,
  isSmallDisk: makeRoom !== undefined,
})

/** Tells the child what to do and kills it when its time has come; not before it has done something where it must. */
const liveAndDie = async (child: DoomedChild, plan: Life, orders: Orders, mustGoOn: boolean): Promise<void> => {
  const { data, told, durability, seed, life, cast, fullEvery, isSmallDisk, isStateOnDisk, leakKb } = orders
  child.process.send({ data, told, durability, seed, life, cast, fullEvery, isSmallDisk, isStateOnDisk, leakKb })
  if (plan.killed.after === 'opened') await child.says('opened')
  if (mustGoOn) await child.says('acknowledged')
  // one that is to die of too little memory is given the time for it
  const ms = plan.heapMb > 0 ? plan.killed.ms * 6 : plan.killed.ms
  await Promise.race([passed(ms), child.exited])
  if (!child.isOver) child.kill()
}

/** `killed`, `no room`, `out of memory`, or what must not be. */
const endingOf = async (child: DoomedChild, plan: Life): Promise<string> => {
  if (!child.has('loaded') && !child.isOver) child.kill()
  await child.exited
  const { exitCode, signalCode } = child.process
  if (signalCode === 'SIGKILL')
    return child.has('loaded') ? 'killed' : `a child did not load its modules in ${patienceMs} ms`
  if (exitCode === 0 && child.has('no room')) return 'no room'
  const isAborted = exitCode === 134 || signalCode === 'SIGABRT' || signalCode === 'SIGTRAP'
  if (plan.heapMb > 0 && isAborted && /out of memory/i.test(child.lastWords)) return 'out of memory'
  return `a child ended by itself, with ${signalCode ?? `exit code ${exitCode}`}: ${child.lastWords}`
}

/** A line that a kill has cut short is closed, so that the next child begins with one of its own. */
const completeToldIn = (file: string): readonly Told[] => {
  const text = readFileSync(file, 'utf8')
  const isCut = text !== '' && !text.endsWith('\n')
  if (isCut) appendFileSync(file, '\n')
  return toldIn(text)
}

const failuresOf = ({ failures, openingsMs }: History): Anomaly[] => [
  ...failures.map(({ code, message }): Anomaly => ({ law: 'reopens', what: `${code}: ${message}` })),
  ...openingsMs
    .filter((ms) => ms > openingMsMax)
    .map((ms): Anomaly => ({ law: 'reopens', what: `opening took ${Math.round(ms)} ms` })),
]

type Counts = { transactions: number; records: number }

/** What the next owner would find, of a copy: the next child opens what the kill has left. */
const lookBehind = async (
  { data, elsewhere }: { data: string; elsewhere: string },
  history: History,
  where: string,
  counts: Counts,
): Promise<Anomaly[]> => {
  const copy = join(elsewhere, 'copy')
  cpSync(data, copy, { recursive: true })
  const anomalies = await looked({ data: copy, history, where: `after ${where}`, counts })
  if (anomalies.length === 0) rmSync(copy, { recursive: true })
  return anomalies
}

/** What its owner finds, and finds again when it was closed in good order. */
const ownedAgain = async (data: string, history: History, counts: Counts): Promise<Anomaly[]> => [
  ...(await looked({ data, history, where: 'opened after all', counts })),
  ...(await looked({ data, history, where: 'opened once more', counts })),
]

const looked = async (o: {
  readonly data: string
  readonly history: History
  readonly where: string
  readonly counts: Counts
}): Promise<Anomaly[]> => {
  const { data: path, history, where, counts } = o
  try {
    const options = { name: path, path, durability: 'power', readOnly: false } as const
    const engine = await ok(fileEngine({ ...options, clock: systemClock, random: systemRandom }))
    const found = await withinPatience(lookAround(engine, [copying, totalling]))
    await ok(engine.close())
    const kept = await keptIn(path)
    counts.transactions += history.deeds.filter(({ act }) => act.kind === 'transaction' || act.kind === 'copy').length
    counts.records += [...found.logs.values()].reduce((sum, { records }) => sum + records.length, 0)
    const wrong = [...anomaliesIn(history, found), ...otherOnDisk(found, kept)]
    return wrong.map(({ law, what }) => ({ law, what: `${where}: ${what}` }))
  } catch (error) {
    return [{ law: 'reopens', what: `${where}: ${error instanceof Error ? error.message : String(error)}` }]
  }
}

const withinPatience = async <A>(promise: Promise<A>): Promise<A> => {
  let stop = (): void => undefined
  const tooLong = new Promise<never>((_, fail) => {
    const over = () => fail(new Error(`reading took longer than ${patienceMs} ms`))
    stop = systemClock.after(patienceMs, over, true)
  })
  // a timer that goes on would keep the process from ending
  return Promise.race([promise, tooLong]).finally(() => stop())
}
