import type {
  Appended,
  CommittedOffset,
  Engine,
  Fetched,
  TopicDescription,
  TopicSpec,
} from '../../../contracts/engine.ts'
import type { FailureCode } from '../../../contracts/failure.ts'
import { type Position, partitionName, type TopicPartition } from '../../../contracts/position.ts'
import type { World } from '../../../engines/simulated/world/world.ts'
import type { Violation } from '../plan.ts'
import { AppendTimes } from './append-times.ts'
import { CommittedOffsets } from './committed-offsets.ts'
import { CountedMoments } from './counted-moments.ts'

/** What a run on a machine may come into. */
export type MachineSituation =
  | FailureCode
  | 'crash while opening'
  | 'crash in the middle of an operation'
  | 'unsynced kept'
  | 'unsynced lost'
  | 'unsynced lost in part'
  | 'records nobody was told of'

/** A promise that the next process finds broken. */
export type Broken = 'acknowledged-lost' | 'committed-offset-lost' | 'topic-lost' | 'not-opened'

interface Known extends TopicPartition {
  /** Up to where there were records that somebody was told of, or has read. */
  highWatermark: number
}

/**
 * Keeps in mind what was told to programs of a machine, and holds each next process to it: what was acknowledged or read
 * is there, offsets are where they were committed, topics that were made are there.
 */
export class Witness {
  readonly #world: World
  readonly #violated: (violation: Violation) => void
  readonly #reached: Set<MachineSituation> = new Set()
  readonly #partitions = new Map<string, Known>()
  /** By name: whether it holds the state of something, the last value of each key. */
  readonly #topics = new Map<string, boolean>()
  readonly #times = new AppendTimes()
  readonly #offsets = new CommittedOffsets()
  readonly moments: CountedMoments
  #reports = 0

  constructor(world: World, violated: (violation: Violation) => void) {
    this.#world = world
    this.#violated = violated
    this.moments = new CountedMoments(world)
  }

  get reached(): ReadonlySet<string> {
    return this.#reached
  }

  get offsets(): CommittedOffsets {
    return this.#offsets
  }

  reach(situation: MachineSituation): void {
    this.#reached.add(situation)
  }

  created({ name, config }: Pick<TopicSpec, 'name' | 'config'>): void {
    this.#topics.set(name, config['cleanup.policy'] === 'compact')
  }

  /** Topics that hold records, and no state. */
  get streams(): readonly string[] {
    return [...this.#topics].flatMap(([name, isState]) => (isState ? [] : [name]))
  }

  /** It is somebody else's from now on, or nobody's. */
  forgetTopic(topic: string): void {
    this.#topics.delete(topic)
    this.moments.end()
    this.#offsets.forgetTopic(topic)
    for (const [name, known] of this.#partitions) if (known.topic === topic) this.#partitions.delete(name)
  }

  /** Where so many records came to lie that were handed over at `atMs`. */
  written(at: Appended, records: number, atMs: number): void {
    this.#times.note(at, records, atMs)
  }

  /** So many records from there on are there for good. */
  kept(at: Position, records: number): void {
    this.#reaches(at, at.offset + records)
  }

  read(fetched: Fetched): void {
    if (fetched.failure === undefined) this.#reaches(fetched, fetched.highWatermark)
  }

  /** When a record was appended; of one that nobody was told of, when it was found, or now. */
  appendedMs(record: Position): number {
    return this.#times.of(record) ?? this.#world.wallMs
  }

  committed(group: string, offsets: readonly CommittedOffset[]): void {
    this.#offsets.answer(group, offsets)
  }

  /** Looks at what a process has found that has just opened the directory. Answers whether all is there. */
  async look(engine: Engine): Promise<boolean> {
    const before = this.#reports
    const topics = await this.#topicsOf(engine)
    for (const { name: topic, partitions } of topics)
      for (let partition = 0; partition < partitions; partition++) await this.#lookAt(engine, { topic, partition })
    for (const what of await this.#offsets.wrong(engine))
      this.#report('committed-offset-lost', `${what} once the directory is open again`)
    const ends = [...this.#partitions.values()].map(({ topic, partition, highWatermark: offset }) => ({
      topic,
      partition,
      offset,
    }))
    await this.moments.look(engine, ends)
    return this.#reports === before
  }

  async #topicsOf(engine: Engine): Promise<readonly TopicDescription[]> {
    const answer = await engine.topics.describe()()
    const topics = answer._tag === 'Left' ? [] : answer.right.filter(({ internal }) => !internal)
    for (const lost of [...this.#topics.keys()].filter((name) => !topics.some((topic) => topic.name === name))) {
      this.#report('topic-lost', `'${lost}' had been created, and is not there once the directory is open again`)
      this.forgetTopic(lost)
    }
    return topics
  }

  async #lookAt(engine: Engine, at: TopicPartition): Promise<void> {
    const name = partitionName(at)
    const answer = await engine.reader.offsets([{ ...at, at: 'latest' }], 'read_uncommitted')()
    const end = answer._tag === 'Right' ? (answer.right[0]?.offset ?? 0) : 0
    const known = this.#partitions.get(name)?.highWatermark ?? 0
    if (end < known)
      this.#report(
        'acknowledged-lost',
        `${name} ends at ${end} once the directory is open again: records up to ${known} had been acknowledged or read`,
      )
    if (end > known) {
      this.reach('records nobody was told of')
      this.#times.note({ ...at, offset: known }, end - known, this.#world.wallMs)
    }
    this.#partitions.set(name, { ...at, highWatermark: end })
  }

  #reaches({ topic, partition }: TopicPartition, end: number): void {
    const name = partitionName({ topic, partition })
    const known = this.#partitions.get(name)
    if (known === undefined) this.#partitions.set(name, { topic, partition, highWatermark: end })
    else if (end > known.highWatermark) known.highWatermark = end
  }

  #report(kind: Broken, message: string): void {
    this.#reports++
    this.#violated({ kind, message, atMs: this.#world.now })
  }
}
