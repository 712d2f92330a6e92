import type { LateEmission } from './attempt-errors.ts'
import type { Breath } from './breath.ts'
import { Judge } from './judge.ts'
import type { LiveTask } from './live-task.ts'
import type { Notice } from './notice.ts'
import { choosing, retriesIn } from './on-error.ts'
import type { Rate } from './rate.ts'
import { closing, retryOf } from './retry-of-task.ts'
import { parkedName } from './retry-topics.ts'
import type { RunSetup } from './run-setup.ts'
import { TaskRunner } from './task-runner.ts'

/** What the tasks of a run share, and whom they tell. */
export interface SharedByTasks {
  readonly breath: Breath
  readonly rate: Rate | undefined
  readonly late: (error: LateEmission) => void
  /** There is something to commit. */
  readonly done: () => void
  readonly hungry: (task: LiveTask) => void
  /** The run cannot go on. */
  readonly broken: (error: unknown) => void
}

/** The runner of `task`, which deals with failures as the run's `onError` says. */
export const runnerOf = (setup: RunSetup, task: LiveTask, shared: SharedByTasks): TaskRunner => {
  const { plan, settings, topics, clock, random, counters, notices } = setup
  const { breath, rate, late, done, hungry, broken } = shared
  const notice = (one: Notice): void => notices.next(one)
  const policies = retriesIn(settings.onError)
  const { succeeded, judge } = new Judge({
    pipeline: plan.name,
    task: task.task,
    choose: choosing(settings.onError),
    closes: closing(policies),
    keepsOrder: task.stores.has(parkedName),
    outageAfter: settings.outageAfter,
    outputBytesMax: settings.outputBytesMax,
    sinks: topics.outputs,
    counters,
    clock,
    random,
    notice,
  })
  return new TaskRunner({
    task: task.task,
    plan,
    clock,
    breath,
    ...(rate === undefined ? {} : { rate }),
    sinks: topics.outputs,
    stores: task.stores,
    ...retryOf(setup, task, policies),
    limits: settings,
    hooks: { judge, succeeded, notice, late, done, hungry: () => hungry(task), broken },
  })
}
