import * as E from 'fp-ts/lib/Either.js'
import { type EngineFailure, engineFailure } from '../contracts/failure.ts'
import { partitionName, type TopicPartition } from '../contracts/position.ts'
import { StorageError } from '../contracts/storage.ts'
import type { TopicConfig } from '../contracts/topic.ts'
import { Checkpoints } from './checkpoints.ts'
import { answered, type CommitPath, done } from './commit-path.ts'
import type { Answer } from './deferred.ts'
import { DirectCommit } from './direct-commit.ts'
import type { Journal } from './journal.ts'
import { JournalCommit } from './journal-commit.ts'
import { logConfig } from './log-config.ts'
import type { LogDirectory } from './log-directory.ts'
import type { LogsOptions, PartitionDefinition } from './log-options.ts'
import { LogSet } from './log-set.ts'
import type { PartitionLog } from './partition-log.ts'
import { deletedSuffix, loadNew, newLog, type RecoveredLogs, type Recovery, recoverLogs } from './recovery.ts'
import { isStorageFull, storageFailure } from './storage-failure.ts'
import { checkTopicId } from './topic-id.ts'
import { WriteFailure } from './write-failure.ts'

const checkpointBytesDefault = 256 * 1024 * 1024

/**
 * All partitions of a directory, and the journal under them.
 *
 * Partitions are staged to one by one, and {@link commit} makes all that was staged so far durable and readable.
 * `power`: everything that waits becomes one frame of the journal and shares its sync; then it is written to the
 * segments, which are synced in the background, at checkpoints. `process`: written to the segments at once.
 *
 * **Guarantees** what survives a crash is a prefix of what was staged, over all partitions, and has everything that
 * was committed, as far as the mode promises. Nothing is readable before that.
 *
 * **Errors** a failed sync ends all writing (`storage-failed`), and is not tried again: nobody knows what is on the
 * disk then. A full disk holds it up until there is room (`storage-full`): what is staged stays so, and is tried again
 * whenever somebody stages or commits.
 */
export class Logs {
  readonly recovery: Recovery
  readonly #options: LogsOptions
  readonly #journal: Journal
  readonly #root: LogDirectory
  readonly #logs = new LogSet()
  readonly #failure: WriteFailure
  readonly #checkpoints: Checkpoints
  readonly #commits: CommitPath

  /** Opens what the storage holds, whatever a crash has left there; answers once it is safe to write. */
  static async open(options: LogsOptions): Promise<E.Either<EngineFailure, Logs>> {
    try {
      const recovered = await recoverLogs(options)
      if (E.isLeft(recovered)) return recovered
      const logs = new Logs(options, recovered.right)
      logs.#root.touch()
      // What a killed process has left to sync may be gigabytes.
      if (recovered.right.resumes) void logs.#commits.checkpoint()
      else await logs.#checkpoints.take()
      return E.right(logs)
    } catch (error) {
      if (error instanceof StorageError) return E.left(storageFailure(options.storage.name, error))
      throw error
    }
  }

  private constructor(options: LogsOptions, { journal, root, logs, recovery }: RecoveredLogs) {
    this.#options = options
    this.#journal = journal
    this.#root = root
    this.recovery = recovery
    this.#failure = new WriteFailure(options.storage.name)
    const shared = { logs: this.#logs, failure: this.#failure }
    this.#checkpoints = new Checkpoints({ ...shared, options, journal, root })
    const { durability, onApplied, checkpointBytes = checkpointBytesDefault } = options
    const parts = { ...shared, checkpoints: this.#checkpoints, onApplied }
    this.#commits =
      durability === 'power'
        ? new JournalCommit({ ...parts, journal, clock: options.clock })
        : new DirectCommit({ ...parts, checkpointBytes })
    for (const log of logs) this.#adopt(log)
  }

  /** Every partition there is. */
  get all(): Iterable<PartitionLog> {
    return this.#logs.all
  }

  /** Why nothing can be written, now or ever again. */
  get failure(): EngineFailure | undefined {
    return this.#failure.current
  }

  partition(of: TopicPartition): PartitionLog | undefined {
    return this.#logs.get(of)
  }

  /**
   * Makes partitions, which are there for good once `enter` has written down that they are, and what is staged now is
   * committed; nobody can write to them before. Where one cannot be made or entered, none stays. Whatever had their
   * names goes.
   *
   * **Errors** `invalid-topic` where a topic's id is none, those of the storage, and those of `enter`.
   */
  async add(
    definitions: readonly PartitionDefinition[],
    enter: () => Promise<E.Either<EngineFailure, unknown>> = () => answered,
  ): Promise<E.Either<EngineFailure, void>> {
    if (this.#failure.isFull) await this.commit() // there may be room by now
    const made: PartitionLog[] = []
    const failure = (await this.#make(definitions, made)) ?? failureOf(await enter())
    if (failure !== undefined) {
      for (const log of made) {
        log.close()
        this.#delete(log)
      }
      return E.left(failure)
    }
    for (const log of made) {
      this.#adopt(log)
      if (this.#options.durability === 'power') this.#commits.enqueue({ of: log, change: { _tag: 'created' } })
    }
    return done
  }

  /** Answers why it has not made all of them. */
  async #make(definitions: readonly PartitionDefinition[], made: PartitionLog[]): Promise<EngineFailure | undefined> {
    for (const definition of definitions) {
      const refusal = failureOf(checkTopicId(definition)) ?? this.failure
      if (refusal !== undefined) return refusal
      try {
        this.#root.touch()
        made.push(newLog(this.#options, definition, await loadNew(this.#options, definition)))
      } catch (error) {
        this.#delete({ name: partitionName(definition), topicId: definition.topicId })
        return isStorageFull(error) ? storageFailure(this.#options.storage.name, error) : this.#failure.note(error)
      }
    }
    return undefined
  }

  /** Deletes a partition with all its records, also what is staged of it. Nothing brings it back once its topic's id is not named at opening. */
  remove(of: TopicPartition): E.Either<EngineFailure, void> {
    const log = this.partition(of)
    if (log === undefined) return done
    this.#logs.remove(log)
    log.close()
    return this.#delete(log)
  }

  /** Takes its directory's name away first, so that a crash leaves no half of it under that. */
  #delete({ name, topicId }: Pick<PartitionLog, 'name' | 'topicId'>): E.Either<EngineFailure, void> {
    try {
      if (!this.#root.exists(name)) return done
      const gone = `${name}.${topicId}${deletedSuffix}`
      this.#root.rename(name, gone)
      this.#root.remove(gone)
      return done
    } catch (error) {
      return E.left(this.#failure.note(error))
    }
  }

  /** What the topic says from now on. */
  configure(of: TopicPartition, config: TopicConfig): void {
    const log = this.partition(of)
    if (log !== undefined) log.config = logConfig(config)
  }

  /**
   * Answers once everything staged before the call, in all partitions, is durable as the mode has it, and readable.
   * Never rejects. Calls that come while a frame is on its way share the next one, and one answer.
   */
  commit(): Promise<Answer> {
    const { stopped } = this.#failure
    return stopped === undefined ? this.#commits.commit() : Promise.resolve(E.left(stopped))
  }

  /**
   * Deletes what retention lets go, and compacts what is worth it; to be called now and then. Takes a checkpoint first
   * where one of them waits for it.
   */
  async maintain(): Promise<E.Either<EngineFailure, void>> {
    for (const log of this.#logs.all) log.retain(this.#options.clock.now())
    const deleted = await this.commit()
    if (E.isRight(deleted)) await this.#checkpointIfAwaited()
    for (const log of [...this.#logs.all]) {
      const compacted = await log.compact(this.#options.clock.now(), { breathe: this.#breathe })
      if (E.isLeft(compacted) && compacted.left.code !== 'corrupt-log') return compacted
    }
    return deleted
  }

  /** Commits, makes everything durable and closes, so that the next opening has nothing to do. */
  async close(): Promise<E.Either<EngineFailure, void>> {
    const committing = this.commit()
    await this.#commits.quiet()
    const committed = await committing
    for (const log of this.#logs.all) await log.quiet()
    const closed = this.#failure.stopped === undefined ? await this.#closeCleanly() : committed
    this.#failure.stop(engineFailure('closed', `${this.#options.storage.name} is closed: open it again`))
    for (const log of this.#logs.all) log.close()
    this.#journal.close()
    return E.isLeft(committed) ? committed : closed
  }

  async #closeCleanly(): Promise<Answer> {
    try {
      if (this.#commits.isBehind) return done
      for (const log of this.#logs.all) if (log.damage === undefined) log.applied.writeSnapshot()
      await this.#checkpoints.take(this.#commits.isSettled)
      return done
    } catch (error) {
      return E.left(this.#failure.note(error))
    }
  }

  #adopt(log: PartitionLog): void {
    this.#logs.add(log)
    log.attach({
      refusal: () => this.#refusal(log),
      onStaged: (entry) => this.#commits.enqueue({ of: log, change: entry }),
      onFailure: (error) => {
        if (!this.#logs.isRemoved(log) && !isStorageFull(error)) this.#failure.note(error)
      },
    })
  }

  /** Whoever is refused because the disk is full gives it another try. */
  #refusal(log: PartitionLog): EngineFailure | undefined {
    if (this.#logs.isRemoved(log)) return engineFailure('unknown-partition', `${log.name} was deleted`)
    if (this.#failure.isFull) this.#commits.retry()
    return this.failure
  }

  async #checkpointIfAwaited(): Promise<void> {
    await this.#checkpoints.inBackground(async () => {
      const now = this.#options.clock.now()
      if ([...this.#logs.all].some((log) => log.waitsForCheckpoint(now))) await this.#commits.checkpoint()
    })
  }

  readonly #breathe = (): Promise<void> =>
    new Promise((resolve) => {
      // held: a process that has nothing else to do must not end in the middle
      this.#options.clock.after(0, resolve, true)
    })
}

const failureOf = (answer: E.Either<EngineFailure, unknown>): EngineFailure | undefined =>
  E.isLeft(answer) ? answer.left : undefined
