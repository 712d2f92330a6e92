import { refuseArgument } from '../codec/arguments.ts'

/** Refuses what is no array of positions; `call` says whose argument it is. */
export const checkPositions = (call: string, positions: unknown): void => {
  if (!Array.isArray(positions)) refuseArgument(call, 'an array of positions', positions, `write [${aPosition}]`)
  for (const position of positions as readonly unknown[]) checkPosition(call, position)
}

/** Refuses what is no position. */
export const checkPosition = (call: string, position: unknown): void => {
  const wayOut = `write ${aPosition}`
  if (!has(position, ['topic', 'partition', 'offset'])) refuseArgument(call, 'a position', position, wayOut)
  const { offset } = position as { readonly offset: unknown }
  if (!Number.isSafeInteger(offset)) refuseArgument(call, 'a whole number as offset', offset, wayOut)
}

/** Refuses what are no partitions, an array of them in place of each by itself among them. */
export const checkPartitions = (call: string, partitions: readonly unknown[]): void => {
  for (const partition of partitions)
    if (!has(partition, ['topic', 'partition']))
      refuseArgument(call, 'partitions', partition, "write { topic: 'orders', partition: 0 } for each")
}

const aPosition = "{ topic: 'orders', partition: 0, offset: 17 }"

const has = (value: unknown, parts: readonly string[]): boolean =>
  typeof value === 'object' && value !== null && parts.every((part) => part in value)
