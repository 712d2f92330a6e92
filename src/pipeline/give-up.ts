import type { Entry } from './entry.ts'
import type { TaskSetup } from './task-setup.ts'

/** Gives up what is under way for `entry`: its chain is torn down, and what it still writes is refused. */
export const giveUp = (setup: TaskSetup, entry: Entry, reason: Error): void => {
  if (entry.gather !== undefined && entry.state !== 'done') entry.gather.open = undefined
  entry.attempt?.giveUp(reason)
  try {
    entry.subscription?.unsubscribe()
  } catch (error) {
    nameTornDown(setup, entry, { reason, error })
  }
}

/** It is given up all the same. */
const nameTornDown = (
  { plan, hooks }: TaskSetup,
  { id: recordId, failures }: Entry,
  { reason, error }: { readonly reason: Error; readonly error: unknown },
): void => {
  const message = `pipeline '${plan.name}': record '${recordId}' was given up (${reason.message}), and an operator of it threw as it was torn down: ${String(error)}`
  hooks.notice({ _tag: 'record-failed', message, recordId, error, failures, policy: 'given up' })
}
