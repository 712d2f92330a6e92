import type { Process } from '../../../src/engines/simulated/world/process.ts'
import { beginningMs, World } from '../../../src/engines/simulated/world/world.ts'
import { systemSettle } from '../../../src/millrace/system.ts'
import { virtualGlobals } from '../../../src/testing/virtual-globals/install.ts'
import { Life } from '../../../src/testing/virtual-globals/life.ts'

export interface Lived {
  readonly world: World
  readonly process: Process
  readonly crashes: unknown[]
  readonly refusals: string[]
  /** What was said, and when by the code's own clock: milliseconds since the world's beginning. */
  readonly said: (readonly [what: string, atMs: number])[]
}

/** Runs `code` as the code of a process of a world, for a minute of its time; `meanwhile` is done at its time. */
export const live = async (
  code: (lived: Lived & { readonly say: (what: string) => void }) => unknown,
  meanwhile: readonly (readonly [atMs: number, (lived: Lived) => void])[] = [],
  skewMs: () => number = () => 0,
): Promise<Lived> => {
  const world = new World({ seed: 1, settle: systemSettle })
  const process = world.spawn('app', 'client')
  const fate = world.spawn('fate', 'controller')
  const lived: Lived = { world, process, crashes: [], refusals: [], said: [] }
  const life = new Life({
    clock: world.clockOf(process, skewMs),
    random: world.random('app'),
    crashed: (why) => lived.crashes.push(why),
    refused: ({ called }) => lived.refusals.push(called),
  })
  process.around = (work) => life.enter(work)
  const say = (what: string) => void lived.said.push([what, Date.now() - beginningMs])
  const crashed = (why: unknown) => lived.crashes.push(why)
  world.after(process, 0, 'begins', () => {
    Promise.resolve(code({ ...lived, say })).catch(crashed)
  })
  for (const [atMs, what] of meanwhile) world.after(fate, atMs, 'happens', () => what(lived))
  const restore = virtualGlobals()
  try {
    await world.run(() => false, { forMs: 60_000, steps: 100_000 })
  } finally {
    restore()
  }
  return lived
}
