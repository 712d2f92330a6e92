import type { Clock } from '../contracts/clock.ts'
import { counted } from './say.ts'
import type { Sink } from './world.ts'

const everyMs = 200

/** A line on the terminal that counts along; nothing where stderr is none. */
export interface Progress {
  readonly show: (records: number) => Promise<void>
  /** Takes the line away. */
  readonly end: () => Promise<void>
}

export const progressOn = (stderr: Sink, clock: Clock): Progress => {
  const begun = clock.elapsed()
  let shownAt = begun
  let isShown = false
  return {
    show: async (records) => {
      const now = clock.elapsed()
      if (!stderr.isTerminal || records === 0 || now - shownAt < everyMs) return
      shownAt = now
      isShown = true
      const perSecond = Math.round((records * 1_000) / (now - begun))
      await stderr.write(`\r\u001b[K${counted(records, 'record')}, ${perSecond.toLocaleString('en-US')}/s`)
    },
    end: async () => {
      if (isShown) await stderr.write('\r\u001b[K')
      isShown = false
    },
  }
}
