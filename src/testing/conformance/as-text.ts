import { inspect } from 'node:util'
import { cut } from '../../codec/decode-error.ts'

/** Characters that a value may take up in a message: where two differ is told besides. */
const shownMax = 400

/** A value as the message of a broken law shows it, on one line. */
export const asText = (value: unknown): string =>
  cut(inspect(value, { depth: 6, breakLength: Number.POSITIVE_INFINITY }), shownMax)
