#!/usr/bin/env node
import { systemClock, systemRandom } from '../millrace/system.ts'
import { runCli } from './run-cli.ts'
import { streamSink } from './stream-sink.ts'

const interrupted = new AbortController()
// a second one ends the process as if nobody listened
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort())
// the timers of an engine let the process go, also while a command waits for what they bring
const held = setInterval(() => undefined, 2 ** 30)

process.exitCode = await runCli(process.argv.slice(2), {
  stdin: () => process.stdin,
  stdout: streamSink(process.stdout),
  stderr: streamSink(process.stderr),
  env: process.env,
  clock: systemClock,
  random: systemRandom,
  interrupted: interrupted.signal,
  open: async (url, access) => (await import('./open-engine.ts')).openEngine(url, access),
})
clearInterval(held)
