#!/usr/bin/env node
import { nodeComplaint } from '../millrace/node-version.ts'
import { systemClock, systemRandom } from '../millrace/system.ts'
import { exitCodes } from './exit-code.ts'
import { runCli } from './run-cli.ts'
import { streamSink } from './stream-sink.ts'

const complaint = nodeComplaint(process.versions.node)
if (complaint !== undefined) {
  process.stderr.write(`millrace: ${complaint}\n`)
  process.exit(exitCodes.failed)
}

/** npx passes on the signal that the terminal has sent to everybody: that is still the first. */
const sameSignalMs = 1_000

const interrupted = new AbortController()
let interruptedAt = 0
const interrupt = (): void => {
  const now = systemClock.elapsed()
  if (!interrupted.signal.aborted) interruptedAt = now
  else if (now - interruptedAt > sameSignalMs) process.exit(exitCodes.interrupted)
  interrupted.abort()
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt)
// the timers of an engine let the process go, also while a command waits for what they bring
const held = setInterval(() => undefined, 2 ** 30)

process.exitCode = await runCli(process.argv.slice(2), {
  stdin: () => process.stdin,
  stdout: streamSink('stdout', process.stdout),
  stderr: streamSink('stderr', process.stderr),
  env: process.env,
  clock: systemClock,
  random: systemRandom,
  interrupted: interrupted.signal,
  open: async (url, access) => (await import('./open-engine.ts')).openEngine(url, access),
})
clearInterval(held)
