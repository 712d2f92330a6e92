import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from '../support/seeded-random.ts'
import { noSmallDisk, smallDisk } from '../support/small-disk.ts'
import { type Killed, killAgainAndAgain } from './killing.ts'
import { livesOf } from './life.ts'
import { allActors } from './program/work.ts'
import { described, type SimulatedLife, type SimulatedResult, type SimulatedRun, simulate } from './simulated.ts'
import { nothing, ofKilled, ofSimulated, type Tally } from './tally.ts'

/** What a round is about. */
export type Round = 'kills' | 'full disk' | 'small disk' | 'little memory' | 'simulated'

const order: readonly Round[] = [
  'kills',
  'simulated',
  'kills',
  'full disk',
  'kills',
  'little memory',
  'kills',
  'small disk',
]

/** How many lives a directory has. */
const livesPerDirectory = 16

export interface RoundOptions {
  readonly seed: number
  readonly under: string
  /** The child's. */
  readonly script: string
  /** Hears how it stands, and may end a simulated run by answering true. */
  readonly onProgress: (soFar: Tally) => boolean
}

/** What a round comes to. */
export interface PlayedRound {
  readonly tally: Tally
  /** Where to look, where something is wrong. */
  readonly directory: string | undefined
  readonly what: string
}

/** The `number`-th round of a run. */
export const playRound = async (number: number, options: RoundOptions): Promise<PlayedRound> => {
  const round = order[number % order.length] as Round
  const seed = Math.floor(seededRandom(options.seed * 1_000_003 + number)() * 2 ** 31)
  const what = `${round}, seed ${seed}`
  if (round === 'simulated') {
    const run = simulatedOf(seed)
    const show = (result: SimulatedResult) => options.onProgress(ofSimulated(result))
    const result = await simulate(run, breathing(show))
    return { tally: ofSimulated(result), directory: undefined, what: `${what}, ${described(run)}` }
  }
  const killed = await kill(round, seed, options)
  const isSound = killed.anomalies.length === 0
  if (isSound) rmSync(killed.directory, { recursive: true, force: true })
  return { tally: ofKilled(killed), directory: isSound ? undefined : killed.directory, what }
}

/** A scripted run by its seed: all actors or some of them; all lives as the first, or each in either mode to either end. */
export const simulatedOf = (seed: number): SimulatedRun => {
  const random = seededRandom(seed)
  const chosen = random()
  const durability = chosen < 0.7 ? 'power' : 'process'
  const crash = chosen < 0.5 || chosen > 0.9 ? 'power' : 'kill'
  const some = allActors.filter(() => random() < 0.6)
  const cast = some.length === 0 || random() < 0.4 ? allActors : some
  const run = { seed, cast, acts: 2, doubleEvery: 2 }
  return random() < 0.5
    ? { ...run, lives: Array(2).fill({ durability, crash }) }
    : { ...run, lives: Array.from({ length: 4 }, () => anyLife(random)), acts: 1 }
}

const anyLife = (random: () => number): SimulatedLife => ({
  durability: random() < 0.5 ? 'power' : 'process',
  crash: random() < 0.5 ? 'power' : 'kill',
})

/** Lets the process's other work in, and shows how it stands. */
const breathing =
  (show: (result: SimulatedResult) => boolean) =>
  async (result: SimulatedResult): Promise<boolean> => {
    await new Promise<void>((next) => setImmediate(next))
    return show(result)
  }

const kill = (
  round: Exclude<Round, 'simulated'>,
  seed: number,
  { under, script, onProgress }: RoundOptions,
): Promise<Killed> => {
  let kills = 0
  const onKill = (): boolean => onProgress({ ...nothing, kills: ++kills })
  const ordeal = round === 'full disk' ? 'full' : round === 'little memory' ? 'memory' : 'plain'
  const options = { seed, under, script, lives: livesOf(seed, livesPerDirectory, ordeal), onKill } as const
  return round === 'small disk' ? killOnSmallDisk(options) : killAgainAndAgain(options)
}

/** Too small from the beginning for what is done there; then it gets room, and everything goes on. */
const killOnSmallDisk = async (options: Parameters<typeof killAgainAndAgain>[0]): Promise<Killed> => {
  if (noSmallDisk() !== undefined) return killAgainAndAgain(options)
  const disk = smallDisk(roomyBytes)
  // what is not the engine's does not wait for room
  const lives = options.lives.map((life) => ({ ...life, isStateOnDisk: false }))
  disk.leave(smallBytes)
  try {
    const killed = await killAgainAndAgain({ ...options, lives, data: disk.path, makeRoom: disk.free })
    if (killed.anomalies.length > 0) cpSync(disk.path, join(killed.directory, 'data'), { recursive: true })
    return killed
  } finally {
    disk.remove()
  }
}

/** What a small disk has, and what it has in the end. */
const smallBytes = 2 * 1024 * 1024
const roomyBytes = 256 * 1024 * 1024
