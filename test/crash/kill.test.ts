import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom } from '../support/seeded-random.ts'
import { type BuiltChild, builtChild } from './built-child.ts'
import { killAgainAndAgain } from './killing.ts'
import { type Life, livesOf, type Ordeal, onDisk } from './life.ts'

/** Children begin slowly on a machine that is busy. */
const timeout = 180_000

let child: BuiltChild | undefined
beforeAll(async () => {
  child = await builtChild()
}, timeout)
afterAll(() => child?.remove())

/** The directory stays where a law was broken, for somebody to look at; the message names it. */
const expectSound = async (seed: number, lives: readonly Life[]): Promise<void> => {
  const under = mkdtempSync(join(tmpdir(), 'millrace-crash-'))
  const script = child?.script ?? ''
  const { anomalies, directory } = await killAgainAndAgain({ seed, lives, under, script })
  expect(anomalies, `seed ${seed}, ${directory}`).toEqual([])
  rmSync(under, { recursive: true })
}

const ordeals: readonly (readonly [Life['durability'], Ordeal, number, number])[] = [
  ['power', 'plain', 1, 8],
  ['process', 'plain', 2, 8],
  ['power', 'full', 3, 4],
  ['process', 'memory', 4, 3],
]

/** Those who give the pipeline something to fold. */
const stateful = ['sending', 'marking', 'totalling'] as const

describe('a process that is killed again and again, at work and while it opens', () => {
  it.each(ordeals)(
    'loses nothing it acknowledged, doubles and tears nothing, and opens again (%s, %s)',
    (durability, ordeal, seed, lives) =>
      expectSound(
        seed,
        livesOf(seed, lives, ordeal).map((life) => ({ ...life, durability })),
      ),
    timeout,
  )

  const random = seededRandom(6)
  it(
    'and keeps the state that it has on disk, at work in memory now and then',
    () =>
      expectSound(
        6,
        livesOf(6, 5, 'plain').map((life, at) => {
          const lived: Life = { ...life, cast: stateful, isStateOnDisk: false }
          return at % 4 === 2 ? lived : onDisk(lived, random)
        }),
      ),
    timeout,
  )

  it(
    'and when the mode is another each time',
    () =>
      expectSound(
        5,
        livesOf(5, 4, 'plain').map((life, at) => ({ ...life, durability: at % 2 === 0 ? 'process' : 'power' })),
      ),
    timeout,
  )
})
