import type { Operation, Value } from './history.ts'

/** An operation, as sentences name it: `c1#4 (poll, ok, 12-15 ms)`. */
export const named = ({ process, index, did, outcome, invokedMs, completedMs }: Operation): string =>
  `${process}#${index} (${did._tag}, ${outcome}, ${invokedMs}-${completedMs ?? '?'} ms)`

/** A value, as sentences show it: strings in quotes. */
export const shown = (value: Value): string => (typeof value === 'string' ? `'${value}'` : `${value}`)

/** Past this a list ends with how many more there are. */
const listedMax = 4

/** `a, b and 3 more`. */
export const listed = (all: readonly string[]): string =>
  all.length <= listedMax ? all.join(', ') : `${all.slice(0, listedMax).join(', ')} and ${all.length - listedMax} more`
