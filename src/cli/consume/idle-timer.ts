import type { Clock } from '../../contracts/clock.ts'

/** Aborts its signal once it was started, and nothing has restarted it for so long. */
export interface IdleTimer {
  readonly signal: AbortSignal
  readonly restart: () => void
  /** Until it is restarted. */
  readonly stop: () => void
}

/** Without a time it never rings. */
export const idleTimer = (clock: Clock, timeoutMs: number | undefined): IdleTimer => {
  const idle = new AbortController()
  let cancel = (): void => undefined
  const restart = (): void => {
    cancel()
    if (timeoutMs !== undefined) cancel = clock.after(timeoutMs, () => idle.abort())
  }
  return { signal: idle.signal, restart, stop: () => cancel() }
}
