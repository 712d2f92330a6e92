import { connect, deadLetter, stream } from 'millrace'
import { mapValue, to } from 'millrace/operators'
import { feed } from './feeder.ts'
import type { Report } from './supervisor.ts'
import { dead, delays, feederPosition, flights, toDelay } from './topics.ts'

/** The process that is killed: it owns the directory, feeds the topic and runs the pipeline. */
const work = async (data: string, rows: number, report: (report: Report) => void): Promise<void> => {
  const millrace = await connect(`file:${data}`)
  await millrace.create(flights, delays, dead, feederPosition)
  const running = await millrace.run('delays', stream(flights).pipe(mapValue(toDelay), to(delays)), {
    guarantee: 'exactly-once',
    onError: deadLetter(dead),
  })

  let sent = 0
  let processed = 0
  running.progress$.subscribe(({ lag }) => {
    processed = Math.max(0, sent - lag)
    report({ sent, processed })
  })
  const feeding = feed(millrace, rows, (all) => {
    sent = all
    report({ sent, processed })
  })
  await Promise.race([feeding, running.done])
  await running.caughtUp()
  await running.stop()
  await millrace.close()
}

const [data = '', rows = ''] = process.argv.slice(2)
const orphaned = (): void => process.exit(1)
process.once('disconnect', orphaned)
await work(data, Number(rows), (report) => process.send?.(report))
process.off('disconnect', orphaned)
process.disconnect()
