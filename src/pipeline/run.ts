import { type Observable, ReplaySubject } from 'rxjs'
import type { Clock } from '../contracts/clock.ts'
import type { AnyDelayed } from '../contracts/delayed.ts'
import type { Engine, Membership } from '../contracts/engine.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import type { Random } from '../contracts/random.ts'
import { watchRefusals } from '../contracts/refusal.ts'
import type { AnyStore, StoreDeclaration } from '../contracts/store.ts'
import type { Barrier, Tier } from '../contracts/tier.ts'
import { changelogName, isPipelineName, maxPipelineNameCharacters } from '../store/changelog.ts'
import { requireLevel } from '../store/level-store.ts'
import { atLeastOnce } from './at-least-once.ts'
import { atMostOnce } from './at-most-once.ts'
import { OrderAboveBatches } from './attempt-errors.ts'
import type { Committer, CommitterSetup } from './committer.ts'
import { newCounters, type RunMetrics } from './counters.ts'
import { EngineCalls } from './engine-calls.ts'
import { exactlyOnce } from './exactly-once.ts'
import { takeInstance } from './instance.ts'
import { LocalState } from './local-state.ts'
import type { Notice } from './notice.ts'
import { deadLetterTopics, retriesIn } from './on-error.ts'
import { directoryOf } from './open-state.ts'
import { type RunOptions, settingsOf } from './options.ts'
import { PipelineRun } from './pipeline-run.ts'
import { planOf } from './plan.ts'
import type { Progress } from './progress.ts'
import { parkedName, retryNeeds } from './retry-topics.ts'
import { findTopics } from './run-topics.ts'
import type { Skim } from './skim.ts'
import type { StoreQuery } from './store-query.ts'
import type { Pipeline, Topics } from './stream.ts'

export type { RunOptions } from './options.ts'

/** A pipeline at work, as one instance of it. Its observables may be subscribed to at any time, and complete with it. */
export interface Running {
  /** Measured for each subscriber: at once, twice a second, and whenever nothing is left to do. */
  readonly progress$: Observable<Progress>
  /** All that somebody should know of while it goes on; late subscribers hear the last hundred again. */
  readonly errors$: Observable<Notice>
  /** Counters, at once and twice a second. */
  readonly metrics$: Observable<RunMetrics>
  /** Resolves once it was stopped; rejects when it cannot go on. */
  readonly done: Promise<void>
  /**
   * Resolves once all that was in the pipeline's topics when it was called, and is committed there, has been read and
   * committed by the pipeline: by this instance, and by others that share its tasks. What comes later is not waited for;
   * a record that halts, and a transaction that is still open, are.
   *
   * **Errors** rejects as `done` does where the run ends before, and with `MillraceError` `closed` where it is stopped.
   */
  readonly caughtUp: () => Promise<void>
  /**
   * Looks into a store that the pipeline uses: what is committed, of the tasks that this instance has.
   *
   * **Errors** throws a `TypeError` for a store that it does not use.
   */
  readonly store: <K, V>(declaration: StoreDeclaration<K, V>) => StoreQuery<K, V>
  /** Finishes what is under way, commits, and leaves; past the time (30 s) that is given up, to be done again. */
  readonly stop: (options?: { readonly timeoutMs?: number }) => Promise<void>
}

/** A pipeline at work, as the connection that runs it sees it. */
export interface Instance extends Running {
  /** Topics have grown: resolves once outputs go by their new partition counts. */
  readonly look: () => Promise<void>
}

/** So much of a changelog is read in less than a second. */
const snapshotBytesDefault = 16 * 1024 * 1024

/** How many notices a late subscriber hears. */
const noticesKept = 100

/**
 * Runs `pipeline` as an instance of the group `name`: several share its tasks.
 *
 * **Errors** rejects where it cannot begin: with `TypeError` for options that are none, and with {@link MillraceError}
 * for a name that is none, and for topics that are missing or do not fit together. What happens later is told on `errors$`, or ends `done`.
 */
export const runPipeline = async <T extends Topics>(o: {
  readonly engine: Engine
  readonly name: string
  readonly pipeline: Pipeline<T, unknown>
  readonly options?: RunOptions<T>
  /** Where records of its own wait until they are due. */
  readonly tiers?: readonly Tier[]
  readonly barrier?: Barrier
  /** Does with many records what the operators would, without them. */
  readonly skim?: Skim
  /** What it reads was written for it alone: it is deleted once it is committed, as what has left its tiers. */
  readonly ownsTopics?: boolean
  /** Makes ready what the pipeline schedules jobs of, before anything runs; gets the name of the instance where it has one. */
  readonly prepare?: (delayed: Iterable<AnyDelayed>, instance: string | undefined) => Promise<void>
  /** After how many bytes of changes a store in memory is copied to this machine's disk. */
  readonly snapshotBytes?: number
  readonly clock: Clock
  readonly random: Random
  /** Tells this process from others, where the options name no instance. */
  readonly clientId?: string
}): Promise<Instance> => {
  const { engine, name, pipeline, tiers = [], barrier, ownsTopics = false, clientId = 'millrace', clock, random } = o
  if (!isPipelineName(name))
    throw new MillraceError(
      engineFailure(
        'invalid-name',
        `a pipeline's name is 1 to ${maxPipelineNameCharacters} letters, digits, '.', '_' and '-', without '--' and not ending in '-', and not '${name}': rename it`,
      ),
    )
  const settings = settingsOf(name, o.options as RunOptions | undefined)
  requireGroups(engine, name)
  if (settings.guarantee === 'exactly-once') requireTransactions(engine, name)
  const notices = new ReplaySubject<Notice>(noticesKept)
  const calls = new EngineCalls({ pipeline: name, clock, random, notice: (notice) => notices.next(notice) })
  const existing = await calls.again('describing topics', () => engine.topics.describe())
  const { tiers: retryTiers, parked } = retryNeeds(
    { name, topics: pipeline.topics },
    retriesIn(settings.onError),
    existing.map((topic) => topic.name),
  )
  const described = planOf(
    name,
    pipeline,
    [...settings.uses, ...deadLetterTopics(settings.onError), ...(parked === undefined ? [] : [parked])],
    [...tiers, ...retryTiers],
  )
  const plan = o.skim === undefined ? described : { ...described, skim: o.skim }
  if (parked !== undefined && plan.stages.length > 1) throw new OrderAboveBatches(name)
  const isSafe = parked === undefined ? settings.guarantee !== 'at-most-once' : settings.guarantee === 'exactly-once'
  if (retryTiers.length > 0 && !isSafe) throw new TypeError(stillPutOff(name, settings.guarantee))
  await o.prepare?.(plan.delayed.values(), settings.instance)
  requireDirectories(engine, plan.stores.values())
  const { instance, release } = takeInstance(engine, name, { wanted: settings.instance, clientId })
  let membership: Membership | undefined
  try {
    const topics = await findTopics(engine, plan, calls)
    const { sessionTimeoutMs, rebalanceTimeoutMs } = settings
    const read = [...plan.topics, ...plan.tiers.map(({ topic }) => topic)].map((topic) => topic.name)
    // a version that does not know of the order that another keeps has no task beside it
    const order = parked === undefined ? [] : [changelogName(name, parkedName)]
    const join = { group: name, topics: [...read, ...order], assignor: 'task' } as const
    const joined = await calls.again('joining its group', () =>
      engine.groups.join({ ...join, sessionTimeoutMs, rebalanceTimeoutMs }),
    )
    membership = joined
    const counters = newCounters()
    const setup = { engine, group: name, membership: joined, topics, calls, counters, clock }
    const committer = await committers[settings.guarantee]({
      ...setup,
      transactionalId: `pipeline/${name}/${instance}`,
    })
    const run = new PipelineRun({
      ...setup,
      plan,
      barrier,
      ownsTopics,
      settings,
      committer,
      local: new LocalState({
        pipeline: name,
        directory: engine.state,
        clock,
        snapshotBytes: o.snapshotBytes ?? snapshotBytesDefault,
        notice: (notice) => notices.next(notice),
      }),
      notices,
      random,
      release: () => {
        unwatch()
        release()
      },
    })
    const unwatch = watchRefusals(plan.needs, run.fail, read)
    run.start()
    const { progress$, errors$, metrics$, done, caughtUp, store, look } = run
    return {
      progress$,
      errors$,
      metrics$,
      done,
      caughtUp,
      store,
      look,
      stop: ({ timeoutMs } = {}) => run.stop(timeoutMs),
    }
  } catch (error) {
    release()
    calls.end()
    await membership?.leave()()
    throw error
  }
}

const committers: Readonly<
  Record<
    RunOptions['guarantee'] & string,
    (setup: CommitterSetup & { readonly transactionalId: string }) => Promise<Committer>
  >
> = { 'exactly-once': exactlyOnce, 'at-least-once': atLeastOnce, 'at-most-once': atMostOnce }

const stillPutOff = (name: string, guarantee: string): string =>
  `pipeline '${name}' has topics of records that it put off before (${name}--retry-…), and a crash under '${guarantee}' could lose them: ` +
  "run it with 'exactly-once' until they are through, and delete the topics and the changelog of its store 'parked', or take another name"

const requireGroups = ({ features, name: engine }: Engine, name: string): void => {
  if (features.groups === true) return
  const message = `pipeline '${name}' cannot run at ${engine} (${features.groups}): run it where its group can commit`
  throw new MillraceError(engineFailure('unsupported', message))
}

const requireTransactions = ({ features, name: engine }: Engine, name: string): void => {
  if (features.transactions === true) return
  const message = `pipeline '${name}' wants exactly-once, and ${engine} has no transactions (${features.transactions}): use another guarantee`
  throw new MillraceError(engineFailure('unsupported', message))
}

/** What keeps its state on disk has to have where, and with what, before anything runs. */
const requireDirectories = (engine: Engine, stores: Iterable<AnyStore>): void => {
  for (const store of stores) {
    if (store.in !== 'disk') continue
    directoryOf(engine, store.name)
    requireLevel()
  }
}
