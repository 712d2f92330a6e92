/** A virtual time for people: `12.5 ms`, `2.398 s`; never longer than 9 characters within a day. */
export const virtualTime = (ms: number): string =>
  ms < 1_000 ? `${Number.isInteger(ms) ? ms : ms.toFixed(1)} ms` : `${(ms / 1_000).toFixed(3)} s`
