import { hostname, userInfo } from 'node:os'
import { deadLetters } from '../../codec/dead-letters.ts'
import type { RateText } from '../../pipeline/rate.ts'
import type { RedriveTo } from '../../retry/destinations.ts'
import type { RedriveOutcome } from '../../retry/redrive-order.ts'
import type { Invocation, Run } from '../command-leaf.ts'
import { Complaint } from '../complaint.ts'
import { progressOn } from '../progress.ts'
import { counted, jsonLine } from '../say.ts'
import { findTopic, withSession } from '../session.ts'
import { type Column, table } from '../table.ts'
import { type FindOptions, findOf } from './find-options.ts'
import { placeOf } from './letter-place.ts'
import { sayUnreadable } from './list-letters.ts'

interface RedriveLettersOptions extends FindOptions {
  readonly letter?: readonly string[]
  readonly to: RedriveTo
  readonly max?: number
  readonly maxRedrives: number
  readonly rate?: RateText
  readonly by?: string
  readonly execute?: boolean
  readonly json?: boolean
}

/** `millrace dlq redrive` */
export const redriveLetters: Run<RedriveLettersOptions> = async (invocation) => {
  const { world, options } = invocation
  const { topic, execute = false, maxRedrives, json = false } = options
  const outcome = await redrive(invocation)
  if (json) await world.stdout.write(jsonLine({ topic, executed: execute, ...outcome }))
  else await world.stdout.write(table(columns, rowsOf(outcome, { execute, maxRedrives })))
  if (outcome.asked === 0) await world.stderr.write(`no letter of topic '${topic}' is meant\n`)
  await sayUnreadable(world, topic, outcome.unreadable)
  if (!execute) await world.stderr.write('nothing was changed: add --execute to do it\n')
  if (outcome.isInterrupted)
    throw new Complaint(
      'interrupted',
      `interrupted: ${counted(outcome.moved, 'record')} moved; the same command goes on`,
    )
  if (execute) refuseStuck(outcome)
}

const redrive = async ({ world, url, options }: Invocation<RedriveLettersOptions>): Promise<RedriveOutcome> => {
  const { topic, letter, to, max, maxRedrives, rate, by = whoever(), execute = false } = options
  const find = findOf(options)
  for (const id of letter ?? []) requireLetterOf(topic, id)
  const progress = progressOn(world.stderr, world.clock)
  try {
    return await withSession({ world, url }, execute ? 'write' : 'read', async ({ engine, millrace }) => {
      await findTopic(engine, topic)
      return (await millrace()).deadLetters(deadLetters(topic)).redrive({
        ...find,
        to,
        by,
        maxRedrives,
        dryRun: !execute,
        signal: world.interrupted,
        onMoved: (moved) => void progress.show(moved).catch(() => undefined),
        ...(letter === undefined ? {} : { letters: letter }),
        ...(max === undefined ? {} : { max }),
        ...(rate === undefined ? {} : { rate }),
      })
    })
  } finally {
    await progress.end()
  }
}

const requireLetterOf = (topic: string, id: string): void => {
  if (placeOf(id).topic !== topic)
    throw new Complaint('usage', `letter '${id}' is not of topic '${topic}': name its own with --topic`)
}

/** Who types, as the operating system has it. */
const whoever = (): string => {
  try {
    return `${userInfo().username}@${hostname()}`
  } catch {
    // a user without an entry, as in a container
    return `unknown@${hostname()}`
  }
}

const columns: readonly Column[] = [{ heading: 'LETTERS', isNumber: true }, { heading: 'BECOME' }]

const rowsOf = (
  outcome: RedriveOutcome,
  { execute, maxRedrives }: { readonly execute: boolean; readonly maxRedrives: number },
): readonly (readonly string[])[] => {
  const { to, movedBefore, pastLimit, left, stuck } = outcome
  const rows: (readonly [number, string])[] = [
    ...to.map(
      ({ topic, records }) => [records, `${execute ? 'redriven to' : 'would be redriven to'} ${topic}`] as const,
    ),
    [left, 'left: there are enough'],
    [movedBefore, 'left: redriven before'],
    [pastLimit, `left: came back ${maxRedrives} times or more (--max-redrives)`],
    ...stuck.map(({ why, letters }) => [letters, `left: ${why}`] as const),
  ]
  return rows.filter(([letters]) => letters > 0).map(([letters, become]) => [String(letters), become])
}

const refuseStuck = ({ stuck }: RedriveOutcome): void => {
  const letters = stuck.reduce((sum, one) => sum + one.letters, 0)
  if (letters > 0) throw new Complaint('failed', `${counted(letters, 'letter')} could go nowhere: see above`)
}
