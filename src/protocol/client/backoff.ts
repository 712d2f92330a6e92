/** How long to wait before something that failed is tried again. */
export interface Backoff {
  readonly backoffMs: number
  readonly maxBackoffMs: number
}

/** The wait after `failures` others in ms: doubles each time, from `backoffMs` up to `maxBackoffMs`. */
export const backoffAfter = (failures: number, { backoffMs, maxBackoffMs }: Backoff): number =>
  Math.min(backoffMs * 2 ** Math.min(failures, 30), maxBackoffMs)
