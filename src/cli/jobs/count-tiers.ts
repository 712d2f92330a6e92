import { topicsOf } from '../../codec/delayed.ts'
import { type Duration, durationMs } from '../../codec/duration.ts'
import type { AnyDelayed } from '../../contracts/delayed.ts'
import type { Engine, OffsetAt } from '../../contracts/engine.ts'
import { partitionName } from '../../contracts/position.ts'
import { settle } from '../../contracts/settle.ts'
import { settlePatiently } from '../../millrace/settle-patiently.ts'
import type { Run } from '../command-leaf.ts'
import { jsonLine } from '../say.ts'
import { withSession } from '../session.ts'
import { type Column, table } from '../table.ts'
import type { World } from '../world.ts'
import { findAllDelayed, findDelayed } from './find-delayed.ts'

/** One topic in which jobs wait. */
interface Waiting {
  readonly tier: string
  readonly topic: string
  /** How long each waits there; none where that differs. */
  readonly waitMs: number | undefined
}

/** How many jobs wait in one topic. */
interface TierCount {
  readonly delayed: string
  readonly tier: string
  readonly topic: string
  readonly pending: number
  readonly overdue: number | null
}

/** `millrace jobs tiers` */
export const countTiers: Run<{ readonly delayed?: readonly string[]; readonly json?: boolean }> = async (
  invocation,
) => {
  const { world, url, options } = invocation
  const { delayed: names, json = false } = options
  const counts = await withSession({ world, url }, 'read', async ({ engine }) => {
    const all =
      names === undefined
        ? await findAllDelayed(engine)
        : await Promise.all(names.map((name) => findDelayed(engine, name)))
    return (await Promise.all(all.map((delayed) => countsOf(engine, world, delayed)))).flat()
  })
  await world.stdout.write(json ? jsonLine(counts) : table(columns, counts.map(row)))
}

const countsOf = async (engine: Engine, { clock }: World, delayed: AnyDelayed): Promise<readonly TierCount[]> => {
  const waitings = waitingsOf(delayed)
  const there = await settle(engine.topics.describe(waitings.map(({ topic }) => topic)))
  const committed = await settlePatiently(clock, engine.groups.committed(delayed.name))
  const offsetOf = new Map(committed.map((position) => [partitionName(position), position.offset]))
  const now = clock.now()
  const counts: TierCount[] = []
  for (const waiting of waitings) {
    const partitions = there.find(({ name }) => name === waiting.topic)?.partitions
    if (partitions === undefined) continue
    const places = Array.from({ length: partitions }, (_, partition) => ({ topic: waiting.topic, partition }))
    const ask = (at: OffsetAt) =>
      settle(
        engine.reader.offsets(
          places.map((place) => ({ ...place, at })),
          'read_uncommitted',
        ),
      )
    const starts = await ask('earliest')
    /** How many lie behind what is committed, before these places. */
    const upTo = (ends: readonly { readonly offset: number }[]): number =>
      places.reduce((sum, place, at) => {
        const from = offsetOf.get(partitionName(place)) ?? starts[at]?.offset ?? 0
        return sum + Math.max(0, (ends[at]?.offset ?? 0) - from)
      }, 0)
    const { tier, topic, waitMs } = waiting
    const pending = upTo(await ask('latest'))
    // those that were written before this have waited long enough
    const overdue = waitMs === undefined ? null : upTo(await ask({ timestamp: Math.max(0, now - waitMs + 1) }))
    counts.push({ delayed: delayed.name, tier, topic, pending, overdue })
  }
  return counts
}

/** Where jobs of `delayed` wait, what is asked of them first. */
const waitingsOf = (delayed: AnyDelayed): readonly Waiting[] => {
  const { commands, tiers, plain, ladder, near } = topicsOf(delayed)
  const equally = (part: string, topics: ReadonlyMap<string, { readonly name: string }>): readonly Waiting[] =>
    [...topics]
      .map(([tier, { name: topic }]) => ({
        tier: `${part}${tier}`,
        topic,
        waitMs: durationMs('a tier', tier as Duration),
      }))
      .sort((a, b) => a.waitMs - b.waitMs)
  return [
    { tier: 'commands', topic: commands.name, waitMs: 0 },
    ...equally('', tiers),
    ...equally('plain ', plain),
    { tier: 'near', topic: near.name, waitMs: undefined },
    ...equally('ladder ', ladder),
  ]
}

const columns: readonly Column[] = [
  { heading: 'DELAYED' },
  { heading: 'TIER' },
  { heading: 'PENDING', isNumber: true },
  { heading: 'OVERDUE', isNumber: true },
]

const row = ({ delayed, tier, pending, overdue }: TierCount): readonly string[] => [
  delayed,
  tier,
  String(pending),
  overdue === null ? '-' : String(overdue),
]
