import { given } from '../../codec/arguments.ts'

/** Refuses what is no arbitrary of fast-check. */
export const requireArbitrary = (what: string, name: string, value: unknown): void => {
  const isOne =
    typeof value === 'object' && value !== null && 'generate' in value && typeof value.generate === 'function'
  if (!isOne) throw new TypeError(`${what}: ${name} is an arbitrary of fast-check, and not ${given(value)}`)
}
