import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Options, readOptions, UsageError, usage } from './options.ts'
import { progressView } from './progress.ts'
import { exitCodeOf, isExact, type Result, sentence, shortfall } from './result.ts'
import { superviseWorkers } from './supervisor.ts'
import { verify } from './verify.ts'

/** An empty directory for the engine. */
const dataDirectory = (given: string | undefined): string => {
  if (given === undefined) return mkdtempSync(join(tmpdir(), 'millrace-main-job-'))
  const directory = resolve(given)
  mkdirSync(directory, { recursive: true })
  if (readdirSync(directory).length > 0)
    throw new UsageError(`--data ${given} is not empty: name an empty or a new directory`)
  return directory
}

const run = async ({ rows, kills }: Options, data: string, signal: AbortSignal): Promise<Result> => {
  const begin = performance.now()
  const view = progressView(process.stderr, rows)
  const killed = await superviseWorkers({ data, rows, kills, signal, onReport: view.show }).finally(view.end)
  const verdict = await verify(data, rows)
  return { ...verdict, kills: killed, seconds: Math.round((performance.now() - begin) / 100) / 10 }
}

const main = async (args: readonly string[]): Promise<number> => {
  const options = readOptions(args)
  if (options === 'help') {
    console.log(usage)
    return 0
  }
  const data = dataDirectory(options.data)
  const isTemporary = options.data === undefined
  const interrupted = new AbortController()
  process.once('SIGINT', () => {
    interrupted.abort()
    // the worker may still be at its last write
    if (isTemporary) rmSync(data, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
    process.exit(130)
  })
  const result = await run(options, data, interrupted.signal).catch((error: unknown) => {
    console.error(`the data is kept in ${data}`)
    throw error
  })
  console.log(options.json ? JSON.stringify(result) : sentence(result))
  const tooFew = shortfall(result, options)
  if (tooFew !== undefined) console.error(tooFew)
  if (!isExact(result)) console.error(`the data is kept in ${data}`)
  else if (isTemporary) rmSync(data, { recursive: true })
  return exitCodeOf(result, options)
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof UsageError ? `${error.message}\n\n${usage}` : error)
  process.exitCode = 2
}
