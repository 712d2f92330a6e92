import type { Beat } from './beat.ts'
import type { StoryLine } from './story-line.ts'
import { virtualTime } from './virtual-time.ts'

export const single = (beat: Beat): StoryLine => ({ ...beat, beats: 1 })

/** The same again at once is told once. */
const asItWas = (beats: readonly Beat[]): readonly StoryLine[] => {
  const runs: Beat[][] = []
  for (const beat of beats) {
    const run = runs.at(-1)
    const first = run?.[0]
    if (run !== undefined && first?.who === beat.who && likeness(first) === likeness(beat)) run.push(beat)
    else runs.push([beat])
  }
  return runs.flatMap((run) => (run.length < 3 ? run.map(single) : [several(run)]))
}

/** What is alike is told with the first of it. */
const byLikeness = (beats: readonly Beat[]): readonly StoryLine[] =>
  [...Map.groupBy(beats, (beat) => `${beat.who} ${likeness(beat)}`).values()].map(several)

/** Of each process in one line. */
const byProcess = (beats: readonly Beat[]): readonly StoryLine[] =>
  [...Map.groupBy(beats, ({ who }) => who).values()].map((its) => counted(its, (its[0] as Beat).who))

const asOne = (beats: readonly Beat[]): readonly StoryLine[] => [counted(beats, who(beats))]

/** Ways of telling about one thing, from the longest to the shortest: one line. */
export const shortenings: readonly ((beats: readonly Beat[]) => readonly StoryLine[])[] = [
  asItWas,
  byLikeness,
  byProcess,
  asOne,
]

const several = (alike: readonly Beat[]): StoryLine => {
  const first = alike[0] as Beat
  if (alike.length === 1) return single(first)
  return { ...first, what: `${first.what} … and ${alike.length - 1} like it${until(alike)}`, beats: alike.length }
}

const counted = (beats: readonly Beat[], who: string): StoryLine => {
  const first = beats[0] as Beat
  if (beats.length === 1) return single(first)
  const what = `${beats.length} × ${nouns[first.about]}${notable(beats)}${until(beats)}`
  return { ...first, who, what: `… ${what}`, beats: beats.length }
}

/** All that a scene tells, in one line. */
export const summary = (beats: readonly Beat[]): StoryLine => {
  const first = beats[0] as Beat
  const strands = [...Map.groupBy(beats, ({ about }) => about)]
  const what = strands.map(([about, its]) => `${its.length} × ${nouns[about]}${notable(its)}`).join(', ')
  return { at: first.at, about: first.about, who: who(beats), what: `… ${what}${until(beats)}`, beats: beats.length }
}

const who = (beats: readonly Beat[]): string => {
  const first = beats[0]?.who ?? ''
  return beats.every((beat) => beat.who === first) ? first : '…'
}

/** What one would not want to overlook, however short it is told. */
const notables: readonly (readonly [pattern: RegExp, label: string])[] = [
  [/^starts$/, 'started'],
  [/^elects /, 'elected'],
  [/^elects .*, uncleanly/, 'of them uncleanly'],
  [/^cuts .* off at/, 'cut off'],
  [/^has committed .* everywhere$/, 'committed'],
  [/^has aborted .* everywhere$/, 'aborted'],
  [/^fences a holder/, 'fenced'],
  [/^writes \d+ records? |, written at \d+ by /, 'written'],
  [/^has \d+ records? .* already/, 'known already'],
  [/^refuses /, 'refused'],
  [/^may not commit /, 'refused'],
  [/ is at generation /, 'of a new generation'],
  [/^loses what it sends/, 'lost'],
  [/^hears a second time/, 'twice'],
]

const notable = (beats: readonly Beat[]): string => {
  const seen = notables.flatMap(([pattern, label]) => {
    const count = beats.filter(({ what }) => pattern.test(what)).length
    return count === 0 ? [] : [`${count} ${label}`]
  })
  return seen.length === 0 ? '' : ` (${seen.join(', ')})`
}

const nouns: Readonly<Record<Beat['about'], string>> = {
  process: 'life and death',
  leadership: 'leaders and replicas',
  transaction: 'transactions',
  group: 'groups and offsets',
  records: 'records sent, written and read',
  network: 'messages lost, unheard or heard twice',
  fault: 'faults',
  violation: 'violations',
}

/** What is told, without its numbers. */
const likeness = ({ what }: Beat): string => what.replaceAll(/\d+/g, '#').replaceAll(/\brecords\b/g, 'record')

const until = (beats: readonly Beat[]): string => {
  const last = virtualTime(beats.at(-1)?.at ?? 0)
  return last === virtualTime(beats[0]?.at ?? 0) ? '' : `, until ${last}`
}
