import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A step of a benchmark in a process of its own, since what is measured is a process's first deed, or all that it holds. */
export const step = (script: string, args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [...process.execArgv, fileURLToPath(new URL(script, import.meta.url)), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })

/** The first line that a step says. */
export const lineOf = async (child: ChildProcess): Promise<string> => {
  if (child.stdout === null) throw new Error('broken invariant: a step has no output')
  for await (const line of createInterface({ input: child.stdout })) return line
  throw new Error('a step of the benchmark ended without an answer')
}

export const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once('exit', () => resolve())
  })

/** Runs a step to its end, and answers what it said. */
export const answerOf = async (script: string, args: readonly string[]): Promise<string> => {
  const child = step(script, args)
  const line = await lineOf(child)
  child.stdin?.end()
  await ended(child)
  return line
}
