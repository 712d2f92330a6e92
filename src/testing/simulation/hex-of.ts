/** Keys and values as texts to compare them by: the same for the same bytes. */
export const hexOf = (bytes: Uint8Array | null): string => (bytes === null ? '-' : Buffer.from(bytes).toString('hex'))
