import { deadLetters } from '../../codec/dead-letters.ts'
import type { Letter } from '../../retry/letters.ts'
import type { Invocation, Run } from '../command-leaf.ts'
import { Complaint } from '../complaint.ts'
import { counted, jsonLine } from '../say.ts'
import { findTopic, withSession } from '../session.ts'
import { table } from '../table.ts'
import { countTable, LetterCounts } from './count-letters.ts'
import { type FindOptions, findOf } from './find-options.ts'
import { letterColumns, letterDocument, letterRow } from './letter-row.ts'

interface ListOptions extends FindOptions {
  readonly all?: boolean
  readonly counts?: boolean
  readonly max: number
  readonly json?: boolean
}

/** `millrace dlq list` */
export const listLetters: Run<ListOptions> = async (invocation) => {
  const { world, options } = invocation
  const { topic, counts: isCounted = false, max, json = false } = options
  const counts = new LetterCounts()
  const rows: (readonly string[])[] = []
  let found = 0
  const unreadable = await eachLetter(invocation, async (letter) => {
    found += 1
    if (isCounted) counts.add(letter)
    else if (found > max) return
    else if (json) await world.stdout.write(jsonLine(letterDocument(letter)))
    else rows.push(letterRow(letter))
  })
  if (isCounted) await world.stdout.write(json ? jsonLine(counts.counts) : countTable(counts.counts))
  else if (!json) await world.stdout.write(table(letterColumns, rows))
  if (!isCounted && found > max)
    await world.stderr.write(`${counted(found - max, 'letter')} more: --max shows more of them, --counts counts them\n`)
  await sayUnreadable(world, topic, unreadable)
}

/** Hands on the letters that are meant; answers how many records of the topic are none. */
const eachLetter = (
  { world, url, options }: Invocation<ListOptions>,
  take: (letter: Letter) => Promise<void>,
): Promise<number> => {
  const find = findOf(options)
  return withSession({ world, url }, 'read', async ({ engine, millrace }) => {
    await findTopic(engine, options.topic)
    let unreadable = 0
    const onUnreadable = (): void => {
      unreadable += 1
    }
    const letters = (await millrace()).deadLetters(deadLetters(options.topic)).list({ ...find, onUnreadable })
    for await (const letter of letters) {
      if (world.interrupted.aborted) throw new Complaint('interrupted', 'interrupted')
      if (options.all === true || !letter.isMoved) await take(letter)
    }
    return unreadable
  })
}

/** A topic may hold anything: who looks for letters in another is told. */
export const sayUnreadable = async (
  { stderr }: Invocation<unknown>['world'],
  topic: string,
  unreadable: number,
): Promise<void> => {
  if (unreadable === 0) return
  await stderr.write(`${counted(unreadable, 'record')} of topic '${topic}' cannot be read as a dead letter\n`)
}
