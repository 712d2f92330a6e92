import { RecordTimedOut } from './attempt-errors.ts'
import type { BulkCalls } from './bulk-calls.ts'
import type { Entry } from './entry.ts'
import { giveUp } from './give-up.ts'
import type { TaskParts } from './task-parts.ts'
import type { TaskSetup } from './task-setup.ts'

/** Names the records that have not completed for long, and fails those past their time limit. */
export const checkTimes = ({ setup, window }: TaskParts, bulk: BulkCalls): void => {
  const { slowAfterMs, timeLimitMs } = setup.limits
  const now = setup.clock.elapsed()
  for (const entry of window) {
    if (entry.state !== 'running' && entry.state !== 'in-bulk') continue
    const runningMs = now - entry.startedAtMs
    if (runningMs >= timeLimitMs) timeOut(setup, entry, bulk)
    else if (runningMs >= slowAfterMs && !entry.isNamedSlow) nameSlow(setup, entry, runningMs)
  }
}

const timeOut = (setup: TaskSetup, entry: Entry, bulk: BulkCalls): void => {
  const error = new RecordTimedOut(setup.plan.name, entry.id, setup.limits.timeLimitMs)
  if (entry.state === 'in-bulk') return bulk.abort(error)
  entry.fail(error)
  giveUp(setup, entry, error)
}

const nameSlow = ({ plan, limits, hooks }: TaskSetup, entry: Entry, runningMs: number): void => {
  entry.isNamedSlow = true
  const message =
    `pipeline '${plan.name}': record '${entry.id}' has not completed for ${Math.round(runningMs)} ms: ` +
    `its observable must complete; it fails after ${limits.timeLimitMs} ms`
  hooks.notice({ _tag: 'record-slow', message, recordId: entry.id, runningMs })
}
