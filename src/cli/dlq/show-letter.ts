import { type DeadLetter, originalOf } from '../../codec/dead-letter.ts'
import { deadLetters } from '../../codec/dead-letters.ts'
import { type Redriven, redrivenTopic } from '../../codec/redrive.ts'
import type { Engine } from '../../contracts/engine.ts'
import type { Position } from '../../contracts/position.ts'
import { settle } from '../../contracts/settle.ts'
import type { StreamRecord } from '../../contracts/stream-record.ts'
import type { Millrace } from '../../millrace/millrace.ts'
import { redrivenOf } from '../../retry/redriven-record.ts'
import type { Run } from '../command-leaf.ts'
import { Complaint } from '../complaint.ts'
import { readableJson, readableText } from '../readable.ts'
import { counted, jsonLine } from '../say.ts'
import { findTopic, withSession } from '../session.ts'
import { shownTime } from '../shown-time.ts'
import { placeOf } from './letter-place.ts'

interface ShowOptions {
  readonly letter: string
  readonly json?: boolean
}

/** A letter, and whether its record was redriven. */
interface Shown {
  readonly id: string
  readonly timestamp: number
  readonly letter: DeadLetter
  readonly moved: Redriven | undefined
}

/** `millrace dlq show` */
export const showLetter: Run<ShowOptions> = async ({ world, url, options: { letter: id, json = false } }) => {
  const place = placeOf(id)
  const shown = await withSession({ world, url }, 'read', async ({ engine, millrace }) => {
    const { id: topicId, partitions } = await findTopic(engine, place.topic)
    if (place.partition >= partitions)
      throw new Complaint('missing', `topic '${place.topic}' has partitions 0 to ${partitions - 1}: no letter '${id}'`)
    const facade = await millrace()
    const record = await findRecord(engine, facade, place)
    if (record === undefined)
      throw new Complaint(
        'missing',
        `there is no letter '${id}': 'millrace dlq list --topic ${place.topic}' shows those there are`,
      )
    const moved = await findMoved(facade, id, topicId)
    return { id, timestamp: record.timestamp, letter: record.value, moved }
  })
  await world.stdout.write(json ? jsonLine(document(shown)) : page(shown))
}

const findRecord = async (
  engine: Engine,
  millrace: Millrace,
  { topic, partition, offset }: Position,
): Promise<StreamRecord<Uint8Array | null, DeadLetter> | undefined> => {
  const at = (where: 'earliest' | 'latest') =>
    settle(engine.reader.offsets([{ topic, partition, at: where }], 'read_committed'))
  const [[start], [end]] = await Promise.all([at('earliest'), at('latest')])
  if (offset < (start?.offset ?? 0) || offset >= (end?.offset ?? 0)) return undefined
  const onUnreadable = (error: Error): void => {
    if (!error.message.includes(`'${topic}-${partition}-${offset}'`)) return
    const look = `millrace consume --topic ${topic} --partition ${partition} --offset ${offset} --max-messages 1`
    throw new Complaint('failed', `${error.message}; '${look}' shows it as it is`, error)
  }
  const from = { offsets: { [partition]: offset } }
  const reading = { from, partitions: [partition], until: 'latest', onUnreadable } as const
  for await (const record of millrace.read(deadLetters(topic), reading))
    return record.offset === offset ? record : undefined
  return undefined
}

/** What was noted when it was redriven. */
const findMoved = async (millrace: Millrace, id: string, topicId: string): Promise<Redriven | undefined> => {
  const notes = redrivenTopic(placeOf(id).topic)
  if ((await millrace.describe(notes)).length === 0) return undefined
  for await (const { key, value } of millrace.read(notes, { until: 'latest' }))
    if (key === id && value.letter.topicId === topicId) return value
  return undefined
}

const document = ({ id, timestamp, letter, moved }: Shown) => {
  const { key, value, headers } = originalOf(letter)
  return {
    letter: id,
    givenUp: timestamp,
    pipeline: letter.pipeline,
    reason: letter.reason,
    error: letter.error,
    attempts: letter.attempts,
    firstFailedAt: letter.firstFailedAt,
    origin: letter.source,
    key: readableJson(key),
    value: readableJson(value),
    headers: Object.fromEntries(Array.from(headers, ([name, bytes]) => [name, readableJson(bytes)])),
    redriven: redrivenOf(letter),
    moved: moved === undefined ? null : { to: moved.to, by: moved.by, at: moved.at },
  }
}

const page = ({ id, timestamp, letter, moved }: Shown): string => {
  const { key, value, headers } = originalOf(letter)
  const { topic, partition, offset, timestamp: written } = letter.source
  const lines = [
    `letter    ${id}`,
    `given up  ${shownTime(timestamp)} by pipeline ${letter.pipeline}`,
    `tried     ${counted(letter.attempts, 'time')}${sinceOf(letter)}`,
    `reason    ${letter.reason}`,
    ...letter.error.report.map((line) => `          ${line}`),
    `origin    ${topic}-${partition}-${offset}, written ${shownTime(written)}`,
    `came back ${counted(redrivenOf(letter), 'time')} before`,
    `redriven  ${moved === undefined ? 'no' : `to ${moved.to.topic}-${moved.to.partition} by ${moved.by}, ${shownTime(moved.at)}`}`,
    `key       ${readableText(key)}`,
    ...Array.from(headers, ([name, bytes]) => `header    ${name}=${readableText(bytes)}`),
    'value',
    readableText(value),
  ]
  return `${lines.join('\n')}\n`
}

const sinceOf = ({ firstFailedAt }: DeadLetter): string =>
  firstFailedAt === null ? '' : `, since ${shownTime(firstFailedAt)}`
