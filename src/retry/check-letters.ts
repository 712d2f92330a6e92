import { given, refuseArgument } from '../codec/arguments.ts'
import { refuseUnknownOptions } from '../codec/known-options.ts'
import { checkChoice, checkCount } from '../codec/option-values.ts'
import { readRate } from '../pipeline/rate.ts'
import type { FindLetters, ListLetters, RedriveOptions } from './find-letters.ts'

const finding = ['pipeline', 'error', 'reason', 'origin', 'key', 'since', 'before', 'letters'] as const
const redriving = ['by', 'to', 'dryRun', 'max', 'maxRedrives', 'rate', 'signal', 'onMoved'] as const

/** Refuses what says nothing of letters. */
export const checkFind = (what: string, find: ListLetters): void => {
  refuseUnknownOptions(what, find, [...finding, 'onUnreadable'])
  checkFilter(what, find)
}

/** Refuses what is no way to redrive letters. */
export const checkRedrive = (what: string, options: RedriveOptions): void => {
  refuseUnknownOptions(what, options, [...redriving, ...finding])
  checkFilter(what, options)
  const { by, to, max, maxRedrives, rate } = options
  if (typeof by !== 'string' || by === '')
    refuseArgument(what, 'the name of who does it', by, "it is written down with each record: say by: 'ann'")
  checkChoice(what, 'to', to, ['lane', 'origin'])
  checkCount(what, 'max', max, 1)
  checkCount(what, 'maxRedrives', maxRedrives, 1)
  if (rate !== undefined) readRate(rate)
}

const checkFilter = (what: string, find: FindLetters): void => {
  for (const name of ['pipeline', 'error', 'reason', 'origin'] as const) {
    const value: unknown = find[name]
    if (value !== undefined && typeof value !== 'string')
      throw new TypeError(`${what}: ${name} is text, and not ${given(value)}`)
  }
  const key: unknown = find.key
  if (key !== undefined && key !== null && typeof key !== 'string' && !(key instanceof Uint8Array))
    throw new TypeError(`${what}: key is text, bytes or null, and not ${given(key)}`)
  checkCount(what, 'since', find.since, 0)
  checkCount(what, 'before', find.before, 0)
  const letters: unknown = find.letters
  if (letters !== undefined && !(Array.isArray(letters) && letters.every((id) => typeof id === 'string')))
    throw new TypeError(`${what}: letters is a list of ids, as in ['billing.dead-0-17'], and not ${given(letters)}`)
}
