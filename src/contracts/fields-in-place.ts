/** Where the fields of one record lie, in bytes that do not change as long as they are read from. */
export interface FieldsInPlace {
  readonly bytes: Uint8Array
  readonly keyAt: number
  /** -1 where there is none. */
  readonly keyBytes: number
  readonly valueAt: number
  /** -1 where there is none. */
  readonly valueBytes: number
  /** Of the first of them. */
  readonly headersAt: number
  readonly headerCount: number
}
