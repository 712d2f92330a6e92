/** What `bytes` spell in UTF-8, for a test to compare; `null` for none. */
export const textOf = (bytes: Uint8Array | null): string | null => bytes && Buffer.from(bytes).toString()
