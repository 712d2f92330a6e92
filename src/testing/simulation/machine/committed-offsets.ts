import type { CommittedOffset, Engine } from '../../../contracts/engine.ts'
import { partitionName, type TopicPartition } from '../../../contracts/position.ts'

interface Known extends TopicPartition {
  /** The last that was answered. */
  acknowledged: number | undefined
  /** Those that were asked for and not answered: each may have come through. */
  readonly asked: Set<number>
}

/** What groups have committed, as those were told who did it. */
export class CommittedOffsets {
  readonly #groups = new Map<string, Map<string, Known>>()

  ask(group: string, offsets: readonly CommittedOffset[]): void {
    for (const committed of offsets) this.#known(group, committed).asked.add(committed.offset)
  }

  answer(group: string, offsets: readonly CommittedOffset[]): void {
    for (const committed of offsets) {
      const known = this.#known(group, committed)
      known.acknowledged = committed.offset
      known.asked.delete(committed.offset)
    }
  }

  forget(group: string): void {
    this.#groups.delete(group)
  }

  forgetTopic(topic: string): void {
    for (const known of this.#groups.values())
      for (const [name, { topic: its }] of known) if (its === topic) known.delete(name)
  }

  /** What the next process finds that nobody has committed last; what it finds counts from now on. */
  async wrong(engine: Engine): Promise<readonly string[]> {
    const wrong: string[] = []
    for (const [group, known] of this.#groups) {
      const answer = await engine.groups.committed(group)()
      if (answer._tag === 'Left' && answer.left.code === 'unstable-offsets') continue
      const found = new Map(
        (answer._tag === 'Left' ? [] : answer.right).map((one) => [partitionName(one), one.offset] as const),
      )
      for (const [name, one] of known) {
        const offset = found.get(name)
        const isKept = offset === one.acknowledged || (offset !== undefined && one.asked.has(offset))
        if (!isKept)
          wrong.push(`group '${group}' had committed ${one.acknowledged} of ${name}, and is at ${offset ?? 'none'}`)
        one.acknowledged = offset
        one.asked.clear()
      }
    }
    return wrong
  }

  #known(group: string, { topic, partition }: CommittedOffset): Known {
    const partitions = this.#groups.get(group) ?? new Map<string, Known>()
    this.#groups.set(group, partitions)
    const name = partitionName({ topic, partition })
    const known = partitions.get(name) ?? { topic, partition, acknowledged: undefined, asked: new Set<number>() }
    partitions.set(name, known)
    return known
  }
}
