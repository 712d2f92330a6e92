import type * as t from 'io-ts'

/**
 * What Millrace uses of a Standard Schema validator (zod, valibot, arktype and others implement it).
 *
 * Written out here, so that nobody needs the specification's package: https://standardschema.dev, version 1.
 */
export interface StandardSchema<I = unknown, O = I> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<O> | Promise<StandardResult<O>>
    readonly types?: { readonly input: I; readonly output: O } | undefined
  }
}

/** What a validator answers: the value it made of its input, or the issues it has with it. */
export type StandardResult<O> =
  | { readonly value: O; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

// biome-ignore lint/suspicious/noExplicitAny: a schema is invariant in what it reads and writes, so only `any` admits all
type Any = any

/** What describes the values of a topic: an io-ts type, or any Standard Schema validator. */
export type Schema = t.Type<Any, Any, unknown> | StandardSchema<Any, Any>

/** The values that a schema describes. */
export type TypeOf<S> = S extends { readonly _A: infer A } ? A : S extends StandardSchema<Any, infer O> ? O : never

/**
 * `unknown` for a schema that can write what it reads, and otherwise a type that nothing fits, whose name says the way
 * out: of `z.string().transform(Number)` there is no way back to the string.
 */
export type RoundTrip<S> = S extends { readonly _A: Any }
  ? unknown
  : S extends StandardSchema<infer I, infer O>
    ? [O] extends [I]
      ? unknown
      : { readonly 'it cannot write what it reads: pass codec({ decode, encode })': O }
    : unknown

/** Whether `value` is an io-ts type. */
export const isIoTs = (value: unknown): value is t.Type<unknown, unknown, unknown> =>
  typeof value === 'object' && value !== null && 'validate' in value && 'is' in value && 'encode' in value

/** Whether `value` is a Standard Schema validator (arktype's are functions). */
export const isStandard = (value: unknown): value is StandardSchema<unknown, unknown> => {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false
  const standard: unknown = '~standard' in value ? value['~standard'] : undefined
  return typeof standard === 'object' && standard !== null && 'validate' in standard
}
