import { type ChildProcess, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { PlayedRound } from './rounds.ts'
import { nothing, summed, type Tally } from './tally.ts'

/** What a lane is asked. */
export type Asked = { readonly tag: 'play'; readonly number: number } | { readonly tag: 'enough' }

/** What it says. */
export type Said =
  | { readonly tag: 'so far'; readonly tally: Tally }
  | { readonly tag: 'over'; readonly round: PlayedRound }

/** A lane is one process that looks and one that lives and dies; more of them than that would wait for each other's disk. */
const lanesMax = 4

const file = fileURLToPath(new URL('lane.ts', import.meta.url))

export interface LanesOptions {
  readonly seed: number
  readonly under: string
  /** The child's. */
  readonly script: string
  readonly minutes: number
  /** Hears how it stands, all rounds together. */
  readonly onProgress: (soFar: Tally) => void
  /** Hears of each round that has found something. */
  readonly onAnomaly: (number: number, round: PlayedRound) => void
}

/** Plays rounds on all cores until the time is over or something was found; answers what they come to. Rejects where a lane ends by itself. */
export const playOnLanes = async (options: LanesOptions): Promise<Tally> => {
  const { seed, under, script, onProgress, onAnomaly } = options
  const args = [String(seed), under, script]
  const count = Math.min(availableParallelism(), lanesMax)
  const lanes = Array.from({ length: count }, () => fork(file, args, { execArgv: ['--conditions=millrace-source'] }))
  const underWay = new Map<ChildProcess, Tally>()
  let done: Tally = nothing
  let next = 0
  let isEnough = false
  const enough = (): void => {
    isEnough = true
    for (const lane of lanes) ask(lane, { tag: 'enough' })
  }
  const timer = setTimeout(enough, options.minutes * 60_000)
  const playOn = async (lane: ChildProcess): Promise<void> => {
    while (!isEnough) {
      const number = next++
      const round = await played(lane, number, (soFar) => {
        underWay.set(lane, soFar)
        onProgress([...underWay.values()].reduce(summed, done))
      })
      underWay.delete(lane)
      done = summed(done, round.tally)
      if (round.tally.anomalies.length === 0) continue
      onAnomaly(number, round)
      enough()
    }
  }
  try {
    await Promise.all(lanes.map(playOn))
  } finally {
    clearTimeout(timer)
    for (const lane of lanes) if (lane.connected) lane.disconnect()
  }
  return done
}

const ask = (lane: ChildProcess, asked: Asked): void => void (lane.connected && lane.send(asked))

const played = (lane: ChildProcess, number: number, onProgress: (soFar: Tally) => void): Promise<PlayedRound> =>
  new Promise((resolve, reject) => {
    const ended = (code: number | null, signal: string | null): void =>
      reject(new Error(`a lane ended by itself in round ${number}, with ${signal ?? `exit code ${code}`}`))
    const hear = (said: Said): void => {
      if (said.tag === 'so far') return onProgress(said.tally)
      lane.off('message', hear).off('exit', ended)
      resolve(said.round)
    }
    lane.on('message', hear).once('exit', ended)
    ask(lane, { tag: 'play', number })
  })
