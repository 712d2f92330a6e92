import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fromUtf8 } from '../../src/codec/utf-8.ts'
import { systemClock } from '../../src/millrace/system.ts'
import { copyName } from '../../src/pipeline/open-state.ts'
import { openLevelStore } from '../../src/store/level-store.ts'
import type { KeptOnDisk } from './laws/kept-on-disk.ts'
import { changelog, tasks } from './topics.ts'

/** The stores on disk that an engine's directory has, which nobody has open. */
export const keptIn = async (data: string): Promise<readonly KeptOnDisk[]> => {
  const kept: KeptOnDisk[] = []
  for (let task = 0; task < tasks; task++) {
    const path = join(data, 'state', `${copyName(changelog.name, task)}.level`)
    if (!existsSync(path)) continue
    const store = await openLevelStore({ path, clock: systemClock })
    const standing = store.standing()
    const states = new Map<string, string>()
    for await (const entries of store.entries())
      for (const { key, value } of entries) states.set(fromUtf8(key), fromUtf8(value))
    await store.close()
    // one that was only begun says nothing yet, and has nothing
    kept.push({ task, standsAt: standing?.from ?? 0, states })
  }
  return kept
}
