/** How many sequence numbers there are: they run from 0 to 2147483647 and begin again at 0. */
const sequences = 2 ** 31
const mask = sequences - 1

/** The sequence `count` records after `sequence`, modulo 2^31. Before the first (-1) comes nothing: `sequenceAfter(-1, 1)` is 0. */
export const sequenceAfter = (sequence: number, count: number): number => (sequence + count) & mask

/** The sequence `count` records before `sequence`, modulo 2^31: undoes {@link sequenceAfter}. */
export const sequenceBefore = (sequence: number, count: number): number => (sequence - count) & mask
