import { below, type Measurement, median } from './measurement.ts'
import { inDirectory } from './records.ts'
import { answerOf, ended, lineOf, step } from './step.ts'
import type { Durability } from './topics.ts'

const rounds = 3
const targetMs = 1000

const script = './open-steps.ts'

/** Fills `directory`, and ends its owner in good order or not. */
const fill = async (
  directory: string,
  durability: Durability,
  gib: number,
  end: 'closed' | 'killed',
): Promise<void> => {
  const child = step(script, ['fill', directory, durability, `${gib}`])
  await lineOf(child)
  if (end === 'killed') child.kill('SIGKILL')
  else child.stdin?.end()
  await ended(child)
}

/** In ms. The process ends by a kill, so that the next one finds what this one found, or more to do. */
const openMs = async (directory: string, durability: Durability): Promise<number> =>
  Number(await answerOf(script, ['open', directory, durability]))

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
