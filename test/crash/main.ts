/** `npm run crash`: see `usage`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Options, readOptions, UsageError, usage } from './options.ts'
import { playRound } from './rounds.ts'
import { nothing, shown, summed, type Tally } from './tally.ts'

/** A line on stderr that is redrawn on a terminal, and written now and then elsewhere. */
const progress = (out: NodeJS.WriteStream) => {
  const everyMs = out.isTTY ? 200 : 20_000
  let at = performance.now()
  return {
    show: (text: string): void => {
      if (performance.now() - at < everyMs) return
      at = performance.now()
      out.write(out.isTTY ? `\r\x1b[2K${text}` : `${text}\n`)
    },
    end: (): void => void (out.isTTY && out.write('\r\x1b[2K')),
  }
}

const run = async ({ minutes, seed: given, json }: Options): Promise<boolean> => {
  const seed = given ?? Math.floor(Math.random() * 2 ** 31)
  console.error(`crashing for ${minutes} min; to repeat it: npm run crash -- --minutes ${minutes} --seed ${seed}`)
  const begun = performance.now()
  const isOver = (): boolean => performance.now() - begun > minutes * 60_000
  const view = progress(process.stderr)
  const under = mkdtempSync(join(tmpdir(), 'millrace-crash-'))
  let tally: Tally = nothing
  for (let number = 0; !isOver() && tally.anomalies.length === 0; number++) {
    const onProgress = (soFar: Tally): boolean => {
      view.show(shown(summed(tally, soFar)))
      return isOver()
    }
    const round = await playRound(number, { seed, under, onProgress })
    tally = summed(tally, round.tally)
    if (round.tally.anomalies.length === 0) continue
    view.end()
    for (const { law, what } of round.tally.anomalies) console.error(`${law}: ${what}`)
    console.error(`in round ${number} (${round.what}) of seed ${seed}`)
    if (round.directory !== undefined)
      console.error(
        `kept: ${round.directory}: data/ is the engine's directory, told.jsonl what its programs said, stderr.txt their last words`,
      )
  }
  view.end()
  const isSound = tally.anomalies.length === 0
  if (isSound) rmSync(under, { recursive: true })
  const seconds = Math.round((performance.now() - begun) / 1000)
  console.log(json ? JSON.stringify({ seed, seconds, ...tally }) : `${shown(tally)}, seconds ${seconds}`)
  return isSound
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') console.log(usage)
  else if (!(await run(options))) process.exitCode = 1
} catch (error) {
  console.error(error instanceof UsageError ? `${error.message}\n\n${usage}` : error)
  process.exitCode = 2
}
