import type { EngineFailure } from '../contracts/failure.ts'

/**
 * What a run has to tell while it goes on. `message` names the pipeline, the thing and the way out.
 *
 * - `record-failed`: an attempt failed; `policy` says what became of it (`end`: of the run), and `retryInMs` when it runs again
 * - `record-slow`: a record has not completed for a while
 * - `late-emission`: something was written through a record that had ended, and refused
 * - `outage`: many different keys failed in a row: the task waits instead of giving them all up
 * - `task-halted`: what a task reads is damaged: it waits until that is mended, while the others go on; told once
 * - `engine`: a call to the engine failed and is tried again
 * - `untagged`: an operator does not work record by record though it is tagged so: a chain a record from now on
 * - `no-task`: this instance has nothing to do: there are as many instances as tasks, or more
 * - `task-lost`: another instance has a task now; what was under way is dropped
 * - `state-discarded`: this machine's copy of a store is of no use, and its changelog is read instead
 * - `snapshot-failed`: a store could not be copied to this machine's disk: its changelog has all of it
 */
export type Notice =
  | {
      readonly _tag: 'record-failed'
      readonly message: string
      readonly recordId: string
      readonly error: unknown
      readonly failures: number
      readonly policy: string
      readonly retryInMs?: number
    }
  | { readonly _tag: 'record-slow'; readonly message: string; readonly recordId: string; readonly runningMs: number }
  | { readonly _tag: 'late-emission'; readonly message: string; readonly recordId: string; readonly count: number }
  | { readonly _tag: 'outage'; readonly message: string; readonly task: number; readonly error: unknown }
  | { readonly _tag: 'task-halted'; readonly message: string; readonly task: number; readonly failure: EngineFailure }
  | { readonly _tag: 'engine'; readonly message: string; readonly failure: EngineFailure; readonly retryInMs?: number }
  | { readonly _tag: 'untagged'; readonly message: string }
  | { readonly _tag: 'no-task'; readonly message: string; readonly members: number }
  | { readonly _tag: 'task-lost'; readonly message: string; readonly task: number }
  | {
      readonly _tag: 'state-discarded' | 'snapshot-failed'
      readonly message: string
      readonly store: string
      readonly task: number
    }
