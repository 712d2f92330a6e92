import type { FlagValue, Place } from './command-tree.ts'

/** Branches of a `case` that bash and zsh read alike, a line each. */
export interface PosixCases {
  /** Of a word: flags that take a value, which is no command. */
  readonly valued: string
  /** Of `"$path $word"`: the paths that there are. */
  readonly paths: readonly string[]
  /** Of a path: what may be typed there, as words. */
  readonly words: readonly (readonly [path: string, words: readonly string[]])[]
  /** Of a flag: what its value may be. */
  readonly values: readonly (readonly [flags: string, value: FlagValue])[]
}

export const posixCases = (places: readonly Place[]): PosixCases => {
  const values = new Map<string, FlagValue>()
  for (const { flags } of places)
    for (const { long, short, value } of flags)
      if (value !== undefined) values.set(short === undefined ? long : `${short}|${long}`, value)
  return {
    valued: [...values.keys()].join('|'),
    paths: places.flatMap(({ path }) => (path === '' ? [] : [path])),
    words: places.map(({ path, commands, words, flags }) => [
      path,
      [...commands.map(({ name }) => name), ...words, ...flags.map(({ long }) => long)],
    ]),
    values: [...values],
  }
}

/** What answers the names that there are, at the url of the line typed. */
export const listing = { topic: 'topics list', group: 'groups list' } as const
