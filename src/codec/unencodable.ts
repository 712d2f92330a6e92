import { EncodeError } from '../contracts/codec.ts'

/** That `what` could not be written: as its codec says, or since that threw, which breaks its contract. `hint` comes behind. */
export const unencodable = (what: string, codec: string, cause: unknown, hint: string): EncodeError => {
  const why = cause instanceof EncodeError ? cause.message : `the codec '${codec}' threw: ${String(cause)}`
  return new EncodeError(`${what}: ${why}${hint}`, { cause })
}
