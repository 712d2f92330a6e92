import type { Invocation, Run } from '../command-leaf.ts'
import { progressOn } from '../progress.ts'
import { counted, jsonLine } from '../say.ts'
import { findTopic, withSession } from '../session.ts'
import { type Feed, feed } from './feed.ts'
import { recordBytesMax, refuseMisfit, refuseTarget } from './fits.ts'
import { openInput } from './input.ts'
import { type Line, type LineOptions, lineReader } from './read-line.ts'
import { type Sending, sendEach, sendTogether } from './send-lines.ts'

interface ProduceOptions extends LineOptions {
  readonly topic: string
  readonly file?: string
  readonly transactional?: boolean
  readonly json?: boolean
}

/** A byte of a record takes six of a line at most: `\u0000`; and then there are the names of a line's properties. */
const lineBytesPerByte = 6
const lineBytesBesides = 64 * 1024

/** `millrace produce` */
export const produce: Run<ProduceOptions> = async (invocation) => {
  const { world, options } = invocation
  const { topic, file, json = false } = options
  const read = lineReader(options)
  const input = await openInput(world, file)
  const progress = progressOn(world.stderr, world.clock)
  let acknowledged: number
  try {
    acknowledged = await sendInput(invocation, { input, read, onTaken: progress.show })
  } finally {
    input.destroy()
    await progress.end()
  }
  if (json) await world.stdout.write(jsonLine({ topic, acknowledged }))
  else await world.stderr.write(`${counted(acknowledged, 'record')} sent to ${topic}\n`)
}

const sendInput = (
  { world, url, options }: Invocation<ProduceOptions>,
  { input, read, onTaken }: Pick<Feed, 'input' | 'read'> & Pick<Sending, 'onTaken'>,
): Promise<number> =>
  withSession({ world, url }, 'write', async ({ engine, millrace }) => {
    const topic = await findTopic(engine, options.topic)
    refuseTarget(topic, options.partition)
    const readFitting = (line: Uint8Array): Line => {
      const record = read(line)
      refuseMisfit(topic, record)
      return record
    }
    const lineBytesMax = lineBytesPerByte * recordBytesMax(topic) + lineBytesBesides
    const { interrupted } = world
    const skipsBlank = options.jsonl === true
    const sending: Sending = {
      millrace: await millrace(),
      topic: topic.name,
      onTaken,
      feed: (send) => feed({ input, lineBytesMax, skipsBlank, read: readFitting, send, interrupted }),
    }
    return options.transactional === true ? sendTogether(sending) : sendEach(sending)
  })
