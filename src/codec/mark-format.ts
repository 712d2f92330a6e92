/*
 * mark   = version u8, what u8, flags u16 (little-endian), and what these name, in the order of their bits:
 *          due, after, hop, gen, expect    number
 *          key                             text: of the record in the target; not there where it is the job's id
 *          source                          topic text, partition number, offset number, timestamp number (and one)
 *          command, series                 text
 * number = below 2^53, seven bits a byte, the low ones first; the top bit says that more follow
 * text   = how many bytes number, and these
 *
 * One header of few bytes: every job's is written and read twice, and in words it took a third of the time.
 */
export const version = 1
export const whats: readonly ['schedule', 'cancel', 'look', 'wait'] = ['schedule', 'cancel', 'look', 'wait']
type Flag = 'due' | 'after' | 'hop' | 'gen' | 'expect' | 'key' | 'source' | 'command' | 'series' | 'idIsKey' | 'late'

export const has: Readonly<Record<Flag, number>> = {
  due: 1,
  after: 2,
  hop: 4,
  gen: 8,
  expect: 16,
  key: 32,
  source: 64,
  command: 128,
  series: 256,
  idIsKey: 512,
  late: 1024,
}
export const allFlags = 2047
export const beginBytes = 4
