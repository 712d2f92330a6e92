import type { Context, Errors, ValidationError } from 'io-ts'
import { shown } from './decode-error.ts'

/**
 * io-ts's errors, a line each: `items.0.price: expected number, got "12"`; those that got furthest into the value last,
 * since of a union's branches that one was most likely meant.
 */
export const ioTsReport = (errors: Errors): readonly string[] =>
  [...errors].sort((one, other) => one.context.length - other.context.length).map(line)

const line = ({ context, message, value }: ValidationError): string => {
  const path = pathOf(context)
  const says = message ?? `expected ${context.at(-1)?.type.name ?? 'something else'}, got ${shown(value)}`
  return path === '' ? says : `${path}: ${says}`
}

/** The names on the way, without the numbers by which io-ts counts a union's or an intersection's members. */
const pathOf = (context: Context): string =>
  context
    .filter((_, at) => at > 0 && !isChoice(context[at - 1]?.type))
    .map((entry) => entry.key)
    .join('.')

const isChoice = (type: unknown): boolean =>
  typeof type === 'object' &&
  type !== null &&
  '_tag' in type &&
  (type._tag === 'UnionType' || type._tag === 'IntersectionType')
