/** The id of a topic that a test calls `name`, of up to 16 characters. */
export const idOf = (name: string): string => Buffer.from(name.padEnd(16, '.')).toString('base64url')
