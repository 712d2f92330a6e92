/** What has happened to a record so far, apart from where it is. */
export interface History {
  /** How often it was tried, and put off. */
  readonly attempts: number
  /** When it failed first, in ms since the epoch; `undefined` where it has not. */
  readonly firstFailedAtMs: number | undefined
}

/** Of a record that comes for the first time. */
export const unmarked: History = { attempts: 0, firstFailedAtMs: undefined }

/** It failed once more, and is put off. */
export const putOff = ({ attempts, firstFailedAtMs }: History, nowMs: number): History => ({
  attempts: attempts + 1,
  firstFailedAtMs: firstFailedAtMs ?? nowMs,
})
