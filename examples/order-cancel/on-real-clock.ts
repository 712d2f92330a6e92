import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connect } from 'millrace'
import { timeouts } from './app.ts'
import { judge, type Verdict } from './verdict.ts'

const workerFile = fileURLToPath(new URL('worker.ts', import.meta.url))
/** Orders come for so long, and have two seconds each. */
const lengthMs = 5_000
/** A worker works for so long at least before it is killed. */
const leastMs = 400

/** When to kill, in ms since the beginning: spread over all that happens, each somewhere in its share. */
const killTimes = (kills: number): readonly number[] => {
  const shareMs = (lengthMs + timeouts['2s']) / Math.max(1, kills)
  return Array.from({ length: kills }, (_, at) => (at + 0.2 + 0.6 * Math.random()) * shareMs)
}

/** Orders that have two seconds each, on this machine's disk and clock, while the worker is killed again and again. */
export const onRealClock = async (
  count: number,
  kills: number,
): Promise<{ readonly verdict: Verdict; readonly kills: number }> => {
  const data = mkdtempSync(join(tmpdir(), 'millrace-order-cancel-'))
  const beganMs = Date.now()
  let killed = 0
  for (const times = killTimes(kills); ; ) {
    const args = [data, String(count), String(lengthMs), String(beganMs)]
    const worker = fork(workerFile, args, { stdio: ['ignore', 2, 2, 'ipc'] })
    const atMs = times[killed]
    const kill = atMs === undefined ? undefined : killLater(worker, beganMs + atMs)
    const [code, signal] = (await once(worker, 'exit')) as [number | null, NodeJS.Signals | null]
    clearTimeout(kill)
    if (code === 0) break
    if (signal !== 'SIGKILL') throw new Error(`the worker ended by itself, with ${signal ?? `exit code ${code}`}`)
    killed += 1
  }
  // killed, and not switched off: nothing has to be flushed for that
  const millrace = await connect(`file:${data}`, { durability: 'process' })
  const verdict = await judge(millrace, '2s')
  await millrace.close()
  rmSync(data, { recursive: true })
  return { verdict, kills: killed }
}

const killLater = (worker: ChildProcess, atMs: number): NodeJS.Timeout =>
  setTimeout(() => worker.kill('SIGKILL'), Math.max(leastMs, atMs - Date.now()))
