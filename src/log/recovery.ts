import * as E from 'fp-ts/lib/Either.js'
import { baseOffsetOf } from '../batch/record-batch.ts'
import { type EngineFailure, engineFailure } from '../contracts/failure.ts'
import { partitionName } from '../contracts/position.ts'
import { type CheckpointRecord, readCheckpointRecord } from './checkpoint-record.ts'
import { offsetsInNames } from './file-names.ts'
import { type FoundJournal, Journal } from './journal.ts'
import type { JournalEntry } from './journal-frame.ts'
import { DamagedJournal } from './journal-scan.ts'
import { type Cut, type LoadedPartition, loadPartition, type PartitionState } from './load-partition.ts'
import { logConfig } from './log-config.ts'
import { LogDirectory } from './log-directory.ts'
import type { LogsOptions, PartitionDefinition } from './log-options.ts'
import { PartitionLog } from './partition-log.ts'
import { checkTopicId } from './topic-id.ts'

const journalBytesDefault = 64 * 1024 * 1024
const producerExpirationMsDefault = 24 * 60 * 60 * 1000
/** The directory of a topic that was deleted, until it is gone. */
export const deletedSuffix = '-delete'

/** What opening found out. */
export interface Recovery {
  /** Whether the logs were closed in good order before. */
  readonly clean: boolean
  readonly replayedFrames: number
  /** What was no whole batch at the end of a partition, and is gone. */
  readonly cuts: readonly Cut[]
}

export interface RecoveredLogs {
  readonly journal: Journal
  readonly root: LogDirectory
  readonly logs: readonly PartitionLog[]
  readonly recovery: Recovery
  /** The newest checkpoint still serves: the next crash may go on from it as this opening did. */
  readonly resumes: boolean
}

/**
 * Brings all partitions to where they were: each is cut to the newest checkpoint, and gets back what the journal has
 * behind it. Writes nothing that a second crash would make worse: the journal itself stays as it is.
 *
 * **Errors** `corrupt-log` where the journal is damaged in its middle, `newer-version`, `invalid-topic`. Throws `StorageError`.
 */
export const recoverLogs = async (options: LogsOptions): Promise<E.Either<EngineFailure, RecoveredLogs>> => {
  const { storage } = options
  for (const definition of options.partitions) {
    const named = checkTopicId(definition)
    if (E.isLeft(named)) return named
  }
  storage.makeDirectory('')
  const root = new LogDirectory(storage, '')
  for (const name of root.list()) if (name.endsWith(deletedSuffix)) root.remove(name)
  const journal = new Journal({ storage, fileBytes: options.journalBytes ?? journalBytesDefault })
  try {
    const found = journal.find()
    if (found === undefined && journal.isThere && hasRecords(root)) {
      return damaged(storage.name, 'neither journal file begins with a checkpoint, and there are records')
    }
    const record = found && readCheckpointRecord(found.checkpoint)
    if (found !== undefined && record === undefined) return newer(storage.name)
    await journal.secure()
    const opening: Opening = {
      options,
      states: statesOf(record),
      keepsTail: record?.durability !== 'power' && record?.clean !== true,
      clean: record?.clean === true,
      contiguous: record !== undefined,
    }
    const logs = new Map<string, PartitionLog>()
    const cuts: Cut[] = []
    for (const definition of options.partitions) {
      const loaded = await load(opening, definition)
      if (loaded.cut !== undefined) cuts.push(loaded.cut)
      logs.set(journalKey(definition), newLog(options, definition, loaded))
    }
    const isReplayed = found !== undefined && record?.durability === 'power' && !record.clean
    const replayedFrames = isReplayed ? await replay(opening, found, logs) : 0
    const recovery = { clean: record?.clean ?? true, replayedFrames, cuts }
    // a cut that the next loss of power could undo might bring old bytes back, right behind new ones
    const isLasting = cuts.length === 0
    const resumes = isLasting && options.durability === 'process' && record?.durability === 'process' && !record.clean
    return E.right({ journal, root, logs: [...logs.values()], recovery, resumes })
  } catch (error) {
    if (error instanceof DamagedJournal) return damaged(storage.name, error.message)
    throw error
  }
}

interface Opening {
  readonly options: LogsOptions
  readonly states: ReadonlyMap<string, PartitionState>
  /** What lies behind the checkpoint in the segments is all there is: no journal has it. */
  readonly keepsTail: boolean
  readonly clean: boolean
  /** A checkpoint says what has been compacted, if only that nothing has. */
  readonly contiguous: boolean
}

const journalKey = ({ topicId, partition }: { readonly topicId: string; readonly partition: number }): string =>
  `${topicId}/${partition}`

const statesOf = (record: CheckpointRecord | undefined): ReadonlyMap<string, PartitionState> =>
  new Map((record?.partitions ?? []).map((state) => [journalKey(state), state]))

const load = (
  { options, states, keepsTail, clean, contiguous }: Opening,
  definition: PartitionDefinition,
): Promise<LoadedPartition> =>
  loadPartition({
    ...definition,
    config: logConfig(definition.config),
    directory: new LogDirectory(options.storage, partitionName(definition)),
    state: states.get(journalKey(definition)),
    behind: keepsTail ? 'keep' : 'cut',
    clean,
    contiguous,
    now: options.clock.now(),
  })

/** A partition's log as the options have it. */
export const newLog = (options: LogsOptions, definition: PartitionDefinition, loaded: LoadedPartition): PartitionLog =>
  new PartitionLog(
    {
      ...definition,
      config: logConfig(definition.config),
      producerExpirationMs: options.producerExpirationMs ?? producerExpirationMsDefault,
      writesBehind: options.durability === 'power',
    },
    loaded,
  )

/** Loads a partition that no checkpoint knows of. */
export const loadNew = (options: LogsOptions, definition: PartitionDefinition): Promise<LoadedPartition> =>
  load({ options, states: new Map(), keepsTail: true, clean: false, contiguous: true }, definition)

const replay = async (opening: Opening, found: FoundJournal, logs: Map<string, PartitionLog>): Promise<number> => {
  let frames = 0
  for (const entries of found.frames()) {
    frames++
    for (const entry of entries) await replayEntry(opening, entry, logs)
    for (const log of logs.values()) if (log.pending > 0) log.apply()
  }
  return frames
}

const replayEntry = async (
  { options }: Opening,
  { of, change }: JournalEntry,
  logs: Map<string, PartitionLog>,
): Promise<void> => {
  const log = logs.get(journalKey(of))
  // The topic was deleted since: its records go with it, whatever has the name now.
  if (log === undefined) return
  if (change._tag === 'start') return log.replayStart(change.offset)
  if (change._tag === 'batch') {
    if (log.damage !== undefined) return
    if (baseOffsetOf(change.bytes) === log.endOffset) return log.replay(change.bytes, change.appendMs)
    throw new DamagedJournal(
      `the journal has offset ${baseOffsetOf(change.bytes)} of ${log.name}, which ends at ${log.endOffset}`,
    )
  }
  log.close()
  options.storage.remove(log.applied.directory.path)
  const definition = options.partitions.find((each) => journalKey(each) === journalKey(of))
  if (definition !== undefined)
    logs.set(journalKey(of), newLog(options, definition, await loadNew(options, definition)))
}

/** Whether any partition's directory has a segment that is not empty. */
const hasRecords = (root: LogDirectory): boolean =>
  root.list().some((name) => /-\d+$/.test(name) && hasSegment(new LogDirectory(root.storage, name)))

const hasSegment = (directory: LogDirectory): boolean => offsetsInNames(directory.list(), 'log').length > 0

const damaged = (name: string, what: string): E.Either<EngineFailure, never> =>
  E.left(
    engineFailure(
      'corrupt-log',
      `${name}: ${what}. What was acknowledged behind it cannot be read, so nothing is: restore the directory from a copy`,
    ),
  )

const newer = (name: string): E.Either<EngineFailure, never> =>
  E.left(engineFailure('newer-version', `${name}: the journal was written by a newer version: open it with that`))
