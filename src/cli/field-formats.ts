/** How the bytes of a key or value are written down, both ways. */
export const fieldFormats = ['text', 'json', 'int32', 'int64', 'float64', 'hex', 'base64'] as const
export type FieldFormat = (typeof fieldFormats)[number]

/** How `text` shows bytes that are no UTF-8. In JSON they stand as `{"base64": …}`, and are read back from that. */
export const binaryFormats = ['base64', 'hex'] as const
export type BinaryFormat = (typeof binaryFormats)[number]
