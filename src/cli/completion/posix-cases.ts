import type { FlagValue, Place } from './command-tree.ts'

/** How a shell completes. */
export interface PosixShell {
  /** Offers one of some words. */
  readonly offer: (words: readonly string[]) => string
  /** Offers what the value of a flag may be. */
  readonly reply: (value: FlagValue) => string
}

/** Patterns and branches of a `case` that bash and zsh read alike. */
export interface PosixCases {
  /** Of a word: flags that take a value, which is no command. */
  readonly valued: string
  /** Of `"$path $word"`: the paths that there are. */
  readonly paths: string
  /** Of a path: a line for each, that offers what may be typed there. */
  readonly words: string
  /** Of a flag: a line for each, that offers its values and returns. */
  readonly values: string
}

export const posixCases = (places: readonly Place[], { offer, reply }: PosixShell): PosixCases => {
  const values = flagValues(places)
  const wordsAt = ({ commands, words, flags }: Place): readonly string[] => [
    ...commands.map(({ name }) => name),
    ...words,
    ...flags.map(({ long }) => long),
  ]
  return {
    valued: [...values.keys()].join('|'),
    paths: pathsOf(places)
      .map((path) => `'${path}'`)
      .join('|'),
    words: places.map((place) => `    '${place.path}') ${offer(wordsAt(place))} ;;`).join('\n'),
    values: Array.from(values, ([flags, value]) => `    ${flags}) ${reply(value)}; return ;;`).join('\n'),
  }
}

/** What may follow the flags that take a value; a flag with a short form is both, with `|` between. */
export const flagValues = (places: readonly Place[]): ReadonlyMap<string, FlagValue> => {
  const values = new Map<string, FlagValue>()
  for (const { flags } of places)
    for (const { long, short, value } of flags)
      if (value !== undefined) values.set(short === undefined ? long : `${short}|${long}`, value)
  return values
}

/** The commands, each with those above it; the program itself is none. */
export const pathsOf = (places: readonly Place[]): readonly string[] =>
  places.flatMap(({ path }) => (path === '' ? [] : [path]))

/** What answers the names that there are, at the url of the line typed. */
export const listing = { topic: 'topics list', group: 'groups list' } as const
