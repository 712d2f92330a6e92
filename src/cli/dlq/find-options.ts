import type { FindLetters } from '../../retry/find-letters.ts'
import { Complaint } from '../complaint.ts'
import { FieldError, fieldForm } from '../field-form.ts'
import type { FieldFormat } from '../field-formats.ts'

/** What a command was told of the letters that are meant. */
export interface FindOptions {
  readonly topic: string
  readonly pipeline?: string
  readonly error?: string
  readonly reason?: string
  readonly origin?: string
  readonly key?: string
  readonly keyFormat: FieldFormat
  readonly since?: number
  readonly before?: number
}

/** The letters that are meant. Throws a {@link Complaint} for a key that is none of its format. */
export const findOf = (options: FindOptions): FindLetters => {
  const { pipeline, error, reason, origin, key, since, before } = options
  return {
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(error === undefined ? {} : { error }),
    ...(reason === undefined ? {} : { reason }),
    ...(origin === undefined ? {} : { origin }),
    ...(key === undefined ? {} : { key: keyOf(key, options.keyFormat) }),
    ...(since === undefined ? {} : { since }),
    ...(before === undefined ? {} : { before }),
  }
}

const keyOf = (typed: string, format: FieldFormat): Uint8Array => {
  try {
    return fieldForm(format, 'key').fromText(typed)
  } catch (error) {
    throw error instanceof FieldError ? new Complaint('usage', `--key: ${error.message}`, error) : error
  }
}
