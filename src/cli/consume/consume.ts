import type { Run } from '../command-leaf.ts'
import { findTopic, withSession } from '../session.ts'
import { consumeAlone } from './consume-alone.ts'
import { consumeInGroup } from './consume-in-group.ts'
import { idleTimer } from './idle-timer.ts'
import { Printer } from './printer.ts'
import type { ConsumeOptions } from './reading.ts'
import { recordShower } from './show-record.ts'

/** `millrace consume` */
export const consume: Run<ConsumeOptions> = async ({ world, url, options }) => {
  const { stdout, stderr, clock, interrupted } = world
  const { topic: name, group, timeoutMs, maxMessages = Number.POSITIVE_INFINITY, skipMessageOnError = false } = options
  const show = recordShower(options)
  const idle = idleTimer(clock, timeoutMs)
  const ended = AbortSignal.any([interrupted, idle.signal])
  const printer = new Printer({ stdout, stderr, show, skips: skipMessageOnError, max: maxMessages, interrupted })
  try {
    await withSession({ world, url }, group === undefined ? 'read' : 'write', async ({ engine }) => {
      const topic = await findTopic(engine, name)
      if (stderr.isTerminal && options.untilLatest !== true) await stderr.write(`reading ${name}, Ctrl-C ends\n`)
      const reading = { engine, clock, topic, options, printer, ended, idle }
      await (group === undefined ? consumeAlone(reading) : consumeInGroup(reading, group))
    })
  } finally {
    idle.stop()
  }
}
