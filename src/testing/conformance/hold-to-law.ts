import type { Engine, EngineFeature } from '../../contracts/engine.ts'
import { systemClock } from '../../millrace/system.ts'
import { Awaited } from './awaited.ts'
import type { Law } from './law.ts'
import { LawBroken } from './law-broken.ts'
import type { EngineSubject, Scenario } from './subject.ts'

/** A law holds; or it is left out, because the engine declares that it lacks something, in the engine's own words. */
export type LawOutcome = { readonly _tag: 'held' } | { readonly _tag: 'left-out'; readonly why: string }

export interface Trial {
  /** The law's name, its area included. */
  readonly name: string
  readonly law: Law
  readonly open: () => Promise<EngineSubject>
  readonly unique: (name: string) => string
  readonly runs: number
  /** How long nothing at all may be answered, in milliseconds of real time. */
  readonly limitMs: number
}

/**
 * Holds an engine of its own to a law, and disposes of it.
 *
 * **Errors** rejects with {@link LawBroken}, and with what `open` rejects with.
 */
export const holdToLaw = async ({ name, law, open, unique, runs, limitMs }: Trial): Promise<LawOutcome> => {
  const awaited = new Awaited(systemClock, limitMs)
  const subject = await awaited.limited(() => awaited.for(() => `open() of the law '${name}'`, open))
  const { engine } = subject
  const why = lack(engine, law.needs)
  const broken = await failureOf(async () => {
    if (why === undefined) await awaited.limited(() => law.holds({ ...watched(subject, awaited), unique, runs }))
  })
  // what cannot be disposed of after a law was broken mostly follows from that
  const left = await failureOf(() => awaited.limited(() => awaited.for(() => 'dispose()', subject.dispose)))
  const failure = broken ?? left
  if (failure !== undefined) throw new LawBroken(name, engine.name, failure.cause)
  return why === undefined ? { _tag: 'held' } : { _tag: 'left-out', why }
}

/** The same, with every wait known by its name. */
const watched = (
  { engine, elapse, reopen = noReopen, dispose }: EngineSubject,
  awaited: Awaited,
): Required<EngineSubject> => ({
  engine: awaited.watching('engine', engine),
  elapse: (ms) =>
    awaited.for(
      () => `elapse(${ms})`,
      () => elapse(ms),
      ms,
    ),
  reopen: async (how) =>
    awaited.watching(
      'engine',
      await awaited.for(
        () => `reopen('${how}')`,
        () => reopen(how),
      ),
    ),
  dispose,
})

const lack = ({ name, features }: Engine, needs: readonly EngineFeature[]): string | undefined => {
  const missing = needs.find((feature) => features[feature] !== true)
  return missing === undefined ? undefined : `${name} has no ${missing}: ${features[missing]}`
}

const failureOf = async (work: () => Promise<void>): Promise<{ readonly cause: unknown } | undefined> => {
  try {
    await work()
    return undefined
  } catch (cause) {
    return { cause }
  }
}

const noReopen: Scenario['reopen'] = () =>
  Promise.reject(
    new TypeError('the subject has no reopen, by which an engine that has the feature persistence is ended and opened'),
  )
