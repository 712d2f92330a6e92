/** Where two values first differ: `[0].offset`, and nothing where they do as a whole. */
export interface Difference {
  readonly path: string
  readonly got: unknown
  readonly expected: unknown
}

/**
 * `whole`: the same plain data, where a field that is `undefined` counts as none.
 * `part`: what is expected is there; objects may have more fields than that, lists and sets no more entries.
 */
export type Extent = 'whole' | 'part'

/** The first difference between `got` and `expected`, depth first. */
export const firstDifference = (
  got: unknown,
  expected: unknown,
  extent: Extent,
  path: string = '',
): Difference | undefined => {
  if (Object.is(got, expected)) return undefined
  const here = { path, got, expected }
  if (!isObject(got) || !isObject(expected) || kindOf(got) !== kindOf(expected)) return here
  if (expected instanceof Set && got instanceof Set) return isSameSet(got, expected) ? undefined : here
  if (Array.isArray(expected) && Array.isArray(got) && expected.length !== got.length) return here
  const names = Object.keys(extent === 'part' ? expected : { ...expected, ...got })
  for (const name of names) {
    const at = Array.isArray(expected) ? `${path}[${name}]` : [path, name].filter((part) => part !== '').join('.')
    const found = firstDifference(got[name], expected[name], extent, at)
    if (found !== undefined) return found
  }
  return undefined
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** Objects are compared by their fields, whatever their classes. */
const kindOf = (value: object): 'list' | 'set' | 'fields' => {
  if (Array.isArray(value)) return 'list'
  return value instanceof Set ? 'set' : 'fields'
}

const isSameSet = (some: ReadonlySet<unknown>, others: ReadonlySet<unknown>): boolean =>
  some.size === others.size && [...some].every((one) => others.has(one))
