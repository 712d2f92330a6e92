import type { Process } from '../../engines/simulated/world/process.ts'
import type { World } from '../../engines/simulated/world/world.ts'

/** Resolves in so many virtual milliseconds, as something that happens to `process`; never where that is dead by then. */
export const wait = (world: World, process: Process, ms: number): Promise<void> =>
  new Promise((resolve) => {
    world.after(process, ms, 'waits', resolve)
  })
