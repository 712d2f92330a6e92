import { inspect } from 'node:util'
import { type FailureCode, MillraceError } from '../contracts/failure.ts'
import { Complaint } from './complaint.ts'
import { type ExitCode, exitCodes } from './exit-code.ts'

/** What the engine's failures mean to a caller of the command; all others are `failed`. */
const codes: { readonly [Code in FailureCode]?: ExitCode } = {
  'invalid-url': exitCodes.usage,
  'invalid-topic': exitCodes.usage,
  'invalid-config': exitCodes.usage,
  'invalid-partitions': exitCodes.usage,
  'invalid-name': exitCodes.usage,
  'offset-out-of-range': exitCodes.usage,
  unsupported: exitCodes.usage,
  'unknown-topic': exitCodes.missing,
  'unknown-partition': exitCodes.missing,
  'unknown-group': exitCodes.missing,
  'already-owned': exitCodes.inUse,
  'group-not-empty': exitCodes.inUse,
}

/** What is said of an error, and the exit code. The stack is for those who debug. */
export const describeError = (
  error: unknown,
  isDebugging: boolean,
): { readonly message: string; readonly code: ExitCode } => {
  const code = codeOf(error)
  if (isDebugging) return { message: inspect(error), code }
  if (error instanceof Complaint || error instanceof MillraceError) return { message: error.message, code }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return { message: `${message} (unexpected; --debug shows where)`, code }
}

const codeOf = (error: unknown): ExitCode => {
  if (error instanceof Complaint) return error.exitCode
  return error instanceof MillraceError ? (codes[error.code] ?? exitCodes.failed) : exitCodes.failed
}
