import { type Duration, durationMs } from '../codec/duration.ts'
import type { AnyDelayed } from '../contracts/delayed.ts'
import type { Engine } from '../contracts/engine.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import { settle } from '../contracts/settle.ts'
import { tierWaits } from './rules.ts'

/**
 * `of` with the tiers too that another version of the program has declared, and that are there: what waits in them is to come out,
 * whoever moves it.
 *
 * **Errors** rejects with {@link MillraceError} `invalid-config` where a tier is declared in other words than before: it has another topic.
 */
export const withTiersThere = async (engine: Engine, of: AnyDelayed): Promise<AnyDelayed> => {
  const known = new Map([...tierWaits(of)].map(([tier, waitMs]) => [waitMs, tier]))
  for (const { name } of await settle(engine.topics.describe())) {
    const tier = tierIn(of, name)
    if (tier === undefined) continue
    const waitMs = durationMs('a tier', tier)
    const same = known.get(waitMs)
    if (same !== undefined && same !== tier) throw inOtherWords(of, name, same)
    known.set(waitMs, tier)
  }
  return known.size === of.tiers.length ? of : { ...of, tiers: [...known.values()] }
}

/** The tier whose topic has this name. */
const tierIn = (of: AnyDelayed, name: string): Duration | undefined => {
  if (!name.startsWith(`${of.name}.`)) return undefined
  const [, tier] = /^(?:delay|plain)-(\d+(?:\.\d+)?(?:ms|s|m|h|d))$/.exec(name.slice(of.name.length + 1)) ?? []
  return tier as Duration | undefined
}

const inOtherWords = ({ name }: AnyDelayed, topic: string, tier: string): MillraceError =>
  new MillraceError(
    engineFailure(
      'invalid-config',
      `jobs of '${name}' wait in topic '${topic}', and their tier is declared as '${tier}' now, which is another topic: ` +
        'declare it in the words of before, or delete that topic once nothing waits there',
    ),
  )
