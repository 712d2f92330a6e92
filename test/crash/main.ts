/** `npm run crash`: see `usage`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runFromCommandLine } from '../support/long-run/command-line.ts'
import { progressLine } from '../support/long-run/progress-line.ts'
import { builtChild } from './built-child.ts'
import { playOnLanes } from './lanes.ts'
import { type Options, readOptions, usage } from './options.ts'
import type { PlayedRound } from './rounds.ts'
import { shown, type Tally } from './tally.ts'

const run = async ({ minutes, kills, seed: given, json }: Options): Promise<boolean> => {
  const seed = given ?? Math.floor(Math.random() * 2 ** 31)
  console.error(`crashing for ${minutes} min; to repeat it: npm run crash -- --minutes ${minutes} --seed ${seed}`)
  const child = await builtChild()
  const begun = performance.now()
  const view = progressLine(process.stderr)
  const under = mkdtempSync(join(tmpdir(), 'millrace-crash-'))
  const tell = (number: number, { tally, what, directory }: PlayedRound): void => {
    view.end()
    for (const { law, what } of tally.anomalies) console.error(`${law}: ${what}`)
    console.error(`in round ${number} (${what}) of seed ${seed}`)
    if (directory !== undefined)
      console.error(
        `kept: ${directory}: data/ is the engine's directory, told.jsonl what its programs said, stderr.txt their last words`,
      )
  }
  const onProgress = (soFar: Tally): void => view.show(shown(soFar))
  const options = { seed, under, script: child.script, minutes, onProgress, onAnomaly: tell }
  const tally = await playOnLanes(options).finally(child.remove)
  view.end()
  const isSound = tally.anomalies.length === 0
  if (isSound) rmSync(under, { recursive: true })
  const seconds = Math.round((performance.now() - begun) / 1000)
  console.log(json ? JSON.stringify({ seed, seconds, ...tally }) : `${shown(tally)}, seconds ${seconds}`)
  if (tally.kills < kills)
    console.error(
      `${tally.kills} kills, and there were to be ${kills}: give it more --minutes, or a machine that is less busy`,
    )
  return isSound && tally.kills >= kills
}

await runFromCommandLine(usage, async () => {
  const options = readOptions(process.argv.slice(2))
  if (options !== 'help') return run(options)
  console.log(usage)
  return true
})
