import * as E from 'fp-ts/lib/Either.js'
import { type EngineFailure, engineFailure } from '../contracts/failure.ts'
import { partitionName, type TopicPartition } from '../contracts/position.ts'
import { StorageError } from '../contracts/storage.ts'
import type { TopicConfig } from '../contracts/topic.ts'
import { writeCheckpointRecord } from './checkpoint-record.ts'
import { type Answer, type Deferred, deferred } from './deferred.ts'
import type { Journal } from './journal.ts'
import { entryBytesOf, type JournalEntry } from './journal-frame.ts'
import { logConfig } from './log-config.ts'
import { isStorageFull, type LogDirectory } from './log-directory.ts'
import type { LogsOptions, PartitionDefinition } from './log-options.ts'
import type { PartitionLog, StagedEntry } from './partition-log.ts'
import { deletedSuffix, loadNew, newLog, type RecoveredLogs, type Recovery, recoverLogs } from './recovery.ts'
import { storageFailure } from './storage-failure.ts'

/** The most that one frame holds, a single batch aside. */
const frameBytesMax = 8 * 1024 * 1024
const checkpointBytesDefault = 256 * 1024 * 1024
/** How many partitions are synced side by side: the journal's own sync must find a thread. */
const syncsMax = 2

const done: Answer = E.right(undefined)
const answered: Promise<Answer> = Promise.resolve(done)

/** Something staged, in its place among everything staged. */
interface Queued extends JournalEntry {
  readonly of: PartitionLog
  readonly change: StagedEntry | { readonly _tag: 'created' }
}

interface Waiting extends Deferred {
  /** How many entries, of all ever staged, must be applied. */
  count: number
}

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
  readonly #logs = new Map<string, PartitionLog>()
  readonly #removed = new WeakSet<PartitionLog>()
  /** Staged, and neither in a frame nor applied. */
  #queue: Queued[] = []
  /** In a frame that is synced, and not applied yet. */
  #synced: Queued[] = []
  #stagedCount = 0
  #appliedCount = 0
  /** Who joins the next frame. */
  #next: Waiting | undefined
  #waiting: Waiting[] = []
  #pump: Promise<void> | undefined
  /** The segments are being synced, so that a checkpoint has little left to do. */
  #warming: Promise<void> | undefined
  #isWarm = false
  #checkpointing: Promise<void> | undefined
  #bytesSinceCheckpoint = 0
  #closing = false
  #full: EngineFailure | undefined
  #stopped: EngineFailure | undefined

  /** Opens what the storage holds, whatever a crash has left there; answers once it is safe to write. */
  static async open(options: LogsOptions): Promise<E.Either<EngineFailure, Logs>> {
    try {
      const recovered = await recoverLogs(options)
      if (E.isLeft(recovered)) return recovered
      const logs = new Logs(options, recovered.right)
      logs.#root.touch()
      await logs.#checkpoint(false)
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
    for (const log of logs) this.#adopt(log)
  }

  /** Every partition there is. */
  get all(): Iterable<PartitionLog> {
    return this.#logs.values()
  }

  /** Why nothing can be written, now or ever again. */
  get failure(): EngineFailure | undefined {
    return this.#stopped ?? this.#full
  }

  partition(of: TopicPartition): PartitionLog | undefined {
    return this.#logs.get(partitionName(of))
  }

  /** Makes a partition; there for good once what is staged now is committed. Whatever had its name goes. */
  async add(definition: PartitionDefinition): Promise<E.Either<EngineFailure, PartitionLog>> {
    if (this.#full !== undefined) await this.commit() // there may be room by now
    if (this.failure !== undefined) return E.left(this.failure)
    try {
      const log = newLog(this.#options, definition, await loadNew(this.#options, definition))
      this.#root.touch()
      this.#adopt(log)
      if (this.#options.durability === 'power') this.#enqueue(log, { _tag: 'created' })
      return E.right(log)
    } catch (error) {
      return E.left(isStorageFull(error) ? storageFailure(this.#options.storage.name, error) : this.#failed(error))
    }
  }

  /** Deletes a partition with all its records, also what is staged of it. Nothing brings it back once its topic's id is not named at opening. */
  remove(of: TopicPartition): E.Either<EngineFailure, void> {
    const log = this.partition(of)
    if (log === undefined) return done
    this.#logs.delete(log.name)
    this.#removed.add(log)
    try {
      log.close()
      const gone = `${log.name}.${log.topicId}${deletedSuffix}`
      this.#root.rename(log.name, gone)
      this.#root.remove(gone)
      return done
    } catch (error) {
      return E.left(this.#failed(error))
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
    if (this.#stopped !== undefined) return Promise.resolve(E.left(this.#stopped))
    if (this.#appliedCount === this.#stagedCount) {
      // Whether there is room again, the next to write finds out.
      this.#full = undefined
      return answered
    }
    if (this.#options.durability === 'process') return Promise.resolve(this.#applyQueue())
    return this.#joinPump()
  }

  #joinPump(): Promise<Answer> {
    this.#next ??= { ...deferred(), count: 0 }
    this.#next.count = this.#stagedCount
    this.#startPump()
    return this.#next.answer
  }

  /**
   * Deletes what retention lets go, and compacts what is worth it; to be called now and then. Takes a checkpoint first
   * where one of them waits for it.
   */
  async maintain(): Promise<E.Either<EngineFailure, void>> {
    for (const log of this.#logs.values()) log.retain(this.#options.clock.now())
    const deleted = await this.commit()
    if (E.isRight(deleted)) await this.#checkpointIfAwaited()
    for (const log of [...this.#logs.values()]) {
      const compacted = await log.compact(this.#options.clock.now(), { breathe: this.#breathe })
      if (E.isLeft(compacted) && compacted.left.code !== 'corrupt-log') return compacted
    }
    return deleted
  }

  /** Commits, makes everything durable and closes, so that the next opening has nothing to do. */
  async close(): Promise<E.Either<EngineFailure, void>> {
    this.#closing = true
    const committed = await this.commit()
    while (this.#pump !== undefined) await this.#pump
    await this.#warming
    await this.#checkpointing
    for (const log of this.#logs.values()) await log.quiet()
    const closed = this.#stopped === undefined ? await this.#closeCleanly() : committed
    this.#stopped ??= engineFailure('closed', `${this.#options.storage.name} is closed: open it again`)
    for (const log of this.#logs.values()) log.close()
    this.#journal.close()
    return E.isLeft(committed) ? committed : closed
  }

  async #closeCleanly(): Promise<Answer> {
    try {
      // The journal has what the segments had no room for.
      if (this.#synced.length > 0) return done
      for (const log of this.#logs.values()) if (log.damage === undefined) log.writeSnapshot()
      await this.#checkpoint(this.#appliedCount === this.#stagedCount)
      return done
    } catch (error) {
      return E.left(this.#failed(error))
    }
  }

  #adopt(log: PartitionLog): void {
    this.#logs.set(log.name, log)
    log.attach({
      refusal: () => this.#refusal(log),
      onStaged: (entry) => this.#enqueue(log, entry),
      onFailure: (error) => {
        if (!this.#removed.has(log) && !isStorageFull(error)) this.#failed(error)
      },
    })
  }

  #enqueue(log: PartitionLog, change: Queued['change']): void {
    this.#queue.push({ of: log, change })
    this.#stagedCount++
  }

  /** Whoever is refused because the disk is full gives it another try. */
  #refusal(log: PartitionLog): EngineFailure | undefined {
    if (this.#removed.has(log)) return engineFailure('unknown-partition', `${log.name} was deleted`)
    if (this.#stopped === undefined && this.#full !== undefined) {
      if (this.#options.durability === 'process') this.#applyQueue()
      else this.#startPump()
    }
    return this.failure
  }

  /** `process`: in the order of staging, so that what a killed process leaves is a prefix of it. */
  #applyQueue(): Answer {
    const queue = this.#queue
    let from = 0
    try {
      while (from < queue.length) {
        const log = queue[from]?.of as PartitionLog
        let to = from + 1
        while (queue[to]?.of === log) to++
        const before = log.pending
        try {
          this.#applyTo(log, queue.slice(from, to))
          from = to
        } catch (error) {
          from += before - log.pending
          throw error
        }
      }
      this.#full = undefined
      return done
    } catch (error) {
      return E.left(this.#failed(error))
    } finally {
      this.#queue = from === queue.length ? [] : queue.slice(from)
      this.#appliedCount += from
      this.#checkpointLater()
    }
  }

  #applyTo(log: PartitionLog, entries: readonly Queued[]): void {
    if (this.#removed.has(log)) return
    const staged = entries.filter(({ change }) => change._tag !== 'created')
    if (staged.length === 0) return
    for (const { change } of staged) if (change._tag === 'batch') this.#bytesSinceCheckpoint += change.bytes.length
    log.apply(staged.length)
    this.#options.onApplied?.(log)
  }

  #startPump(): void {
    this.#pump ??= Promise.resolve()
      .then(() => this.#pumpAll())
      .finally(() => {
        this.#pump = undefined
        if (this.#next !== undefined) this.#startPump()
      })
  }

  /** Frame after frame, until nobody waits. */
  async #pumpAll(): Promise<void> {
    try {
      do {
        if (this.#next !== undefined) this.#waiting.push(this.#next)
        this.#next = undefined
        this.#applySynced()
        if (this.#queue.length > 0) await this.#writeFrame()
        else if (this.#isWarm) await this.#makeRoom(0)
        this.#full = undefined
        this.#answer()
      } while (this.#next !== undefined || this.#waiting.length > 0)
    } catch (error) {
      this.#refuseAll(this.#failed(error))
    }
    if (this.#stopped !== undefined) this.#refuseAll(this.#stopped)
  }

  async #writeFrame(): Promise<void> {
    const { count, bytes } = this.#frameSize()
    await this.#makeRoom(bytes)
    const queued = this.#queue.slice(0, count)
    const entries = queued.filter(({ of }) => !this.#removed.has(of))
    if (entries.length > 0) {
      this.#journal.write(entries)
      await this.#journal.sync()
    }
    this.#queue = this.#queue.slice(count)
    this.#synced = queued
    this.#applySynced()
    if (this.#journal.fill > 0.5) this.#warm()
  }

  #frameSize(): { readonly count: number; readonly bytes: number } {
    let count = 0
    let bytes = 0
    for (const queued of this.#queue) {
      const more = entryBytesOf(queued)
      if (count > 0 && bytes + more > frameBytesMax) break
      bytes += more
      count++
    }
    return { count, bytes }
  }

  /** A partition at a time: the journal has their order. */
  #applySynced(): void {
    const byLog = Map.groupBy(this.#synced, ({ of }) => of)
    for (const [log, entries] of byLog) {
      const before = log.pending
      try {
        this.#applyTo(log, entries)
        this.#synced = this.#synced.filter((queued) => queued.of !== log)
        this.#appliedCount += entries.length
      } catch (error) {
        this.#dropApplied(log, before - log.pending)
        throw error
      }
    }
  }

  /** The first `count` entries of `log` are applied. */
  #dropApplied(log: PartitionLog, count: number): void {
    let left = count
    this.#synced = this.#synced.filter((queued) => queued.of !== log || queued.change._tag === 'created' || left-- <= 0)
    this.#appliedCount += count
  }

  #answer(): void {
    const isDone = ({ count }: Waiting) => count <= this.#appliedCount
    for (const { resolve } of this.#waiting.filter(isDone)) resolve(done)
    this.#waiting = this.#waiting.filter((waiting) => !isDone(waiting))
  }

  #refuseAll(failure: EngineFailure): void {
    const all = this.#next === undefined ? this.#waiting : [...this.#waiting, this.#next]
    this.#waiting = []
    this.#next = undefined
    for (const { resolve } of all) resolve(E.left(failure))
  }

  /** A full disk may get room; everything else ends all writing. */
  #failed(error: unknown): EngineFailure {
    const { name } = this.#options.storage
    if (error instanceof StorageError) {
      const failure = storageFailure(name, error)
      if (error.code === 'full') this.#full = failure
      else this.#stopped ??= failure
      return failure
    }
    this.#stopped ??= engineFailure('storage-failed', `${name}: the log broke a rule of its own: ${error}`, error)
    return this.#stopped
  }

  /** Begins another generation where the frame would not fit, or the segments are as good as synced. */
  async #makeRoom(bytes: number): Promise<void> {
    if (!this.#isWarm && this.#journal.fits(bytes)) return
    await this.#warming
    try {
      await this.#checkpoint(false)
    } catch (error) {
      if (!isStorageFull(error) || !this.#journal.fits(bytes)) throw error
    }
  }

  #warm(): void {
    if (this.#isWarm || this.#warming !== undefined) return
    this.#warming = this.#inBackground(async () => {
      await this.#flushAll()
      this.#isWarm = true
    }).finally(() => {
      this.#warming = undefined
    })
  }

  /** Nobody waits for it: where the disk is full it is left for later, and whoever writes finds out. */
  async #inBackground(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!isStorageFull(error)) this.#failed(error)
    }
  }

  /** `process`: now and then, so that a crash leaves little to read again. */
  #checkpointLater(): void {
    const { durability, checkpointBytes = checkpointBytesDefault } = this.#options
    if (durability === 'power' || this.#bytesSinceCheckpoint < checkpointBytes || this.#checkpointing !== undefined)
      return
    void this.#checkpointNow()
  }

  #checkpointNow(): Promise<void> {
    this.#checkpointing = this.#inBackground(() => this.#checkpoint(false)).finally(() => {
      this.#checkpointing = undefined
    })
    return this.#checkpointing
  }

  async #checkpointIfAwaited(): Promise<void> {
    await this.#inBackground(async () => {
      const now = this.#options.clock.now()
      if (![...this.#logs.values()].some((log) => log.waitsForCheckpoint(now))) return
      if (this.#options.durability === 'process') {
        while (this.#checkpointing !== undefined) await this.#checkpointing
        if (!this.#closing && this.#stopped === undefined) await this.#checkpointNow()
        return
      }
      // Synced before the pump takes it, so that nobody who writes waits long.
      this.#warm()
      await this.#warming
      if (!this.#closing && this.#stopped === undefined && this.#isWarm) await this.#joinPump()
    })
  }

  /** Makes all that is applied now durable, and says so in a new generation of the journal. */
  async #checkpoint(clean: boolean): Promise<void> {
    const { durability } = this.#options
    const logs = [...this.#logs.values()]
    this.#bytesSinceCheckpoint = 0
    const partitions = logs.map((log) => log.state)
    await this.#flushAll()
    await this.#root.sync()
    await this.#journal.begin(writeCheckpointRecord({ durability, clean, partitions }))
    this.#isWarm = false
    for (const [at, log] of logs.entries()) {
      if (!this.#removed.has(log)) log.checkpointed(partitions[at]?.active.baseOffset ?? 0)
    }
  }

  async #flushAll(): Promise<void> {
    const dirty = [...this.#logs.values()].filter((log) => log.dirty)
    const worker = async () => {
      for (let log = dirty.pop(); log !== undefined; log = dirty.pop()) {
        try {
          await log.flush()
        } catch (error) {
          if (!this.#removed.has(log)) throw error
        }
      }
    }
    await Promise.all(Array.from({ length: syncsMax }, worker))
    // A sync that failed elsewhere is not made good by this one.
    if (this.#stopped !== undefined) throw this.#stopped.cause
  }

  readonly #breathe = (): Promise<void> =>
    new Promise((resolve) => {
      // held: a process that has nothing else to do must not end in the middle
      this.#options.clock.after(0, resolve, true)
    })
}
