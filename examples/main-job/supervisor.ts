import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** What the worker says of itself, again and again. */
export interface Report {
  /** Flights sent so far, by all workers. */
  readonly sent: number
  /** Those of them that the pipeline has committed, as far as the worker knows. */
  readonly processed: number
}

const workerFile = fileURLToPath(new URL('worker.ts', import.meta.url))

/** When to kill: random amounts of work, sent and processed flights counted alike, none right at the end. */
const killPoints = (kills: number, rows: number): readonly number[] =>
  Array.from({ length: kills }, () => Math.random() * 1.6 * rows).sort((a, b) => a - b)

const startWorker = (data: string, rows: number, signal: AbortSignal): ChildProcess =>
  // The worker's own output goes to stderr: stdout is for the result.
  fork(workerFile, [data, String(rows)], { stdio: ['ignore', 2, 2, 'ipc'], signal, killSignal: 'SIGKILL' })

/**
 * Runs workers until one has done all the work, killing each with SIGKILL at a random moment while it works.
 * Answers how many were killed. Rejects when a worker fails by itself, and, killing it, when `signal` aborts.
 */
export const superviseWorkers = async (options: {
  readonly data: string
  readonly rows: number
  readonly kills: number
  readonly signal: AbortSignal
  readonly onReport: (report: Report, kills: number) => void
}): Promise<number> => {
  const points = killPoints(options.kills, options.rows)
  let known: Report = { sent: 0, processed: 0 }
  for (let kills = 0; ; kills += 1) {
    const worker = startWorker(options.data, options.rows, options.signal)
    let killing = false
    worker.on('message', (report: Report) => {
      // What one worker has committed stays so, though the next one does not know it at once.
      known = { sent: Math.max(known.sent, report.sent), processed: Math.max(known.processed, report.processed) }
      options.onReport(known, kills)
      if (killing || known.sent + known.processed < (points[kills] ?? Number.POSITIVE_INFINITY)) return
      killing = true
      setTimeout(() => worker.kill('SIGKILL'), Math.random() * 30)
    })
    const [code, signal] = (await once(worker, 'exit')) as [number | null, NodeJS.Signals | null]
    if (code === 0) return kills
    if (!(killing && signal === 'SIGKILL'))
      throw new Error(`the worker ended by itself, with ${signal ?? `exit code ${code}`}; what it said stands above`)
  }
}
