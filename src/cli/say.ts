/** One JSON document, on a line of its own. */
export const jsonLine = (document: unknown): string => `${JSON.stringify(document)}\n`

/** `3 records`, `1 record`. */
export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`
