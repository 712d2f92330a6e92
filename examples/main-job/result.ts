import type { Options } from './options.ts'
import type { Verdict } from './verify.ts'

/** What a run has come to. */
export interface Result extends Verdict {
  readonly kills: number
  readonly seconds: number
}

const number = (value: number): string => value.toLocaleString('en-US')

/** The result in a line. */
export const sentence = (r: Result): string =>
  [
    `input ${number(r.input)}`,
    `output ${number(r.output)}`,
    `dead letters ${number(r.deadLetters)}`,
    `kills ${r.kills}`,
    `lost ${number(r.lost)}`,
    `duplicated ${number(r.duplicated)}`,
    `reordered ${number(r.reordered)}`,
    ...(r.wrong > 0 ? [`wrong ${number(r.wrong)}`] : []),
    `seconds ${r.seconds}`,
  ].join(', ')

/** Whether each record is there once, in order and as it should be. */
export const isExact = (r: Verdict): boolean => r.lost + r.duplicated + r.reordered + r.wrong === 0

/** Why the run shows less than it was asked to; nothing where it does not. */
export const shortfall = ({ kills }: Result, asked: Pick<Options, 'rows' | 'kills'>): string | undefined =>
  kills >= asked.kills
    ? undefined
    : `only ${kills} of ${asked.kills} kills: the work was done before the others; take more than --rows ${asked.rows}, or fewer --kills`

/** What the process exits with: 1 where records are not as they should be, 3 where the worker was killed too seldom. */
export const exitCodeOf = (result: Result, asked: Pick<Options, 'rows' | 'kills'>): 0 | 1 | 3 => {
  if (!isExact(result)) return 1
  return shortfall(result, asked) === undefined ? 0 : 3
}
