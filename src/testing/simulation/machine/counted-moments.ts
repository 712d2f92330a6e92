import { BatchBuilder } from '../../../batch/batch-builder.ts'
import { place } from '../../../batch/record-batch.ts'
import type { CommittedOffset, Engine } from '../../../contracts/engine.ts'
import type { EngineFailure } from '../../../contracts/failure.ts'
import { type Position, partitionName } from '../../../contracts/position.ts'
import type {
  Change,
  Moment,
  StepsOfWorld,
  Transaction,
} from '../../../engines/simulated/invariants/committed-changes.ts'
import type { Evidence, RawRecord } from '../evidence.ts'

/** Records from an offset on: those of them that are there in the end, and did not count before. */
interface Range extends Position {
  readonly records: number
  readonly transaction: Transaction | undefined
}

interface Offsets {
  readonly group: string
  readonly committed: readonly CommittedOffset[]
}

/** What counts all at once. */
interface Counted {
  readonly ranges: readonly Range[]
  readonly offsets: readonly Offsets[]
}

/** Where so many records lie that somebody was told of. */
export interface Placed {
  readonly at: Position
  readonly records: number
}

/**
 * What came to count on a machine, moment by moment: by what its programs were told, and by what each next one finds of
 * what nobody was told. While there is something of which it is not known whether it happened, nothing is said.
 */
export class CountedMoments {
  readonly #world: StepsOfWorld
  readonly #moments: { readonly atMs: number; readonly step: number; readonly counted: Counted[] }[] = []
  /** What was asked for in one, and not answered. */
  readonly #undecided = new Set<Counted>()
  readonly #groups = new Set<string>()
  /** Since when it is not known what counts: until the directory is opened again. */
  #isUnknown = false
  #isOver = false

  constructor(world: StepsOfWorld) {
    this.#world = world
  }

  /** Records that are in no transaction. */
  appended({ at, records }: Placed): void {
    this.#count({ ranges: [{ ...at, records, transaction: undefined }], offsets: [] })
  }

  /** Offsets that are in no transaction. */
  committed(offsets: Offsets): void {
    this.#groups.add(offsets.group)
    this.#count({ ranges: [], offsets: [offsets] })
  }

  /** A transaction is about to be committed. The answer hears that it is, or why it may not be. */
  commits(placed: readonly Placed[], offsets: readonly Offsets[]): (failure?: EngineFailure) => void {
    const transaction = { groups: new Set(offsets.map(({ group }) => group)) }
    for (const { group } of offsets) this.#groups.add(group)
    const counted = { ranges: placed.map(({ at, records }) => ({ ...at, records, transaction })), offsets }
    this.#undecided.add(counted)
    return (failure) => {
      // asked again it waits for the same commit, which may come through meanwhile
      if (failure !== undefined) return this.failed()
      this.#undecided.delete(counted)
      this.#count(counted)
    }
  }

  /** Something may have happened, or may still. */
  failed(): void {
    this.#isUnknown = true
  }

  /** Offsets are gone, or topics: nothing is compared from now on. */
  end(): void {
    this.#isOver = true
  }

  /** Looks at what a process finds that has just opened the directory, in which these partitions end there. */
  async look(engine: Engine, ends: readonly Position[]): Promise<void> {
    const undecided = [...this.#undecided]
    this.#undecided.clear()
    this.#isUnknown = false
    const offsets: Offsets[] = []
    for (const group of this.#groups) {
      const answer = await engine.groups.committed(group)()
      if (answer._tag === 'Left') this.#isUnknown = true
      else offsets.push({ group, committed: answer.right })
    }
    const stable = await engine.reader.offsets(
      ends.map(({ topic, partition }) => ({ topic, partition, at: 'latest' })),
      'read_committed',
    )()
    // a transaction that is not decided yet will be, by whoever takes over its id
    const isStable = stable._tag === 'Right' && stable.right.every(({ offset }, at) => offset === ends[at]?.offset)
    if (!isStable) this.#isUnknown = true
    const endOf = new Map(ends.map((end) => [partitionName(end), end.offset]))
    // what lay beyond the end is lost, and something else may come there
    const isThere = (range: Range) => range.offset < (endOf.get(partitionName(range)) ?? 0)
    const rest = ends.map((end) => ({ ...end, offset: 0, records: end.offset, transaction: undefined }))
    this.#count({ ranges: [...undecided.flatMap(({ ranges }) => ranges.filter(isThere)), ...rest], offsets })
  }

  /** In order, given what is there in the end. */
  momentsOf({ topics }: Evidence): readonly Moment[] {
    const counted = new Set<string>()
    const byPlace = new Map<string, RawRecord[]>()
    for (const records of topics.values())
      for (const record of records) {
        const name = partitionName(record)
        byPlace.set(name, [...(byPlace.get(name) ?? []), record])
      }
    let writtenAt = 0
    const changesOf = ({ ranges, offsets }: Counted): readonly Change[] => [
      ...ranges.flatMap((range) =>
        (byPlace.get(partitionName(range)) ?? []).flatMap((record): readonly Change[] => {
          const { topic, partition, offset } = record
          const id = `${partitionName(record)} ${offset}`
          const isOf = offset >= range.offset && offset < range.offset + range.records && !counted.has(id)
          if (!isOf) return []
          counted.add(id)
          const { transaction } = range
          return [{ _tag: 'records', topic, partition, bytes: batchOf(record), transaction, withdrawn: false }]
        }),
      ),
      ...offsets.flatMap(({ group, committed }) =>
        committed.map(
          ({ topic, partition, offset }): Change => ({
            ...{ _tag: 'offset', group, topic, partition, offset },
            writtenAt: writtenAt++,
          }),
        ),
      ),
    ]
    return this.#moments.map(({ atMs, counted }) => ({ atMs, changes: counted.flatMap(changesOf) }))
  }

  #count(counted: Counted): void {
    if (this.#isUnknown || this.#isOver) return
    const { now: atMs, trace } = this.#world
    const { steps: step } = trace
    const last = this.#moments.at(-1)
    if (last?.step === step) last.counted.push(counted)
    else this.#moments.push({ atMs, step, counted: [counted] })
  }
}

/** The record alone, where it lies. */
const batchOf = ({ key, value, headers, timestamp, offset }: RawRecord): Uint8Array => {
  const builder = new BatchBuilder({ compression: 'none' })
  builder.add(key, value, headers, timestamp)
  const bytes = builder.build()
  place(bytes, offset, 0)
  return bytes
}
