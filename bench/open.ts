import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { below, type Measurement, median } from './measurement.ts'
import { inDirectory } from './records.ts'
import type { Durability } from './topics.ts'

const rounds = 3
const targetMs = 1000

/** A process of its own for each step, since an opening is a process's first deed. */
const step = (name: 'fill' | 'open', directory: string, durability: Durability, gib = 0): ChildProcess =>
  spawn(
    process.execPath,
    [
      ...process.execArgv,
      fileURLToPath(new URL('./open-steps.ts', import.meta.url)),
      name,
      directory,
      durability,
      `${gib}`,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )

const lineOf = async (child: ChildProcess): Promise<string> => {
  if (child.stdout === null) throw new Error('broken invariant: a step has no output')
  for await (const line of createInterface({ input: child.stdout })) return line
  throw new Error('a step of the benchmark ended without an answer')
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once('exit', () => resolve())
  })

/** Fills `directory`, and ends its owner in good order or not. */
const fill = async (
  directory: string,
  durability: Durability,
  gib: number,
  end: 'closed' | 'killed',
): Promise<void> => {
  const child = step('fill', directory, durability, gib)
  await lineOf(child)
  if (end === 'killed') child.kill('SIGKILL')
  else child.stdin?.end()
  await ended(child)
}

/** In ms. The process ends by a kill, so that the next one finds what this one found, or more to do. */
const openMs = async (directory: string, durability: Durability): Promise<number> => {
  const child = step('open', directory, durability)
  const ms = Number(await lineOf(child))
  child.stdin?.end()
  await ended(child)
  return ms
}

const opening = (gib: number, durability: Durability, end: 'closed' | 'killed'): Promise<Measurement> =>
  inDirectory(async (directory) => {
    await fill(directory, durability, gib, end)
    const all = [await openMs(directory, durability)]
    // a kill can be opened once: the next opening finds a directory that was closed
    while (end === 'closed' && all.length < rounds) all.push(await openMs(directory, durability))
    const how = end === 'closed' ? 'cleanly closed' : 'after a kill'
    const measured = { name: `open ${gib} GiB, ${how}, durability ${durability}`, value: median(all), unit: 'ms' }
    return end === 'closed' ? below({ ...measured, target: targetMs }) : measured
  })

/** How long a fresh process takes to open a directory of so many GiB. */
export const openDirectories = async (gib: number): Promise<readonly Measurement[]> => [
  await opening(gib, 'process', 'closed'),
  await opening(gib, 'process', 'killed'),
  await opening(gib, 'power', 'closed'),
  await opening(gib, 'power', 'killed'),
]
