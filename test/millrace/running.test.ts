import { once } from 'node:events'
import { catchError, EMPTY, filter, firstValueFrom, map } from 'rxjs'
import { expect, it } from 'vitest'
import { mapValue, to } from '../../operators/index.ts'
import { connect, type StreamRecord, stream, text, topic } from '../../src/index.ts'

const input = topic('in', { key: text, value: text })
const output = topic('out', { key: text, value: text })

it('fences no pipeline by another, whatever their names and those of their instances', async () => {
  await using millrace = await connect('memory:')
  await millrace.create(input, output)
  const started = await Promise.all([
    millrace.run('orders', stream(input).pipe(to(output)), { instance: 'eu-0' }),
    millrace.run('orders-eu', stream(input).pipe(to(output))),
    millrace.run('millrace-tx', stream(input).pipe(to(output))),
  ])
  await millrace.transaction((tx) => tx.send(input, [{ key: 'k', value: 'v' }]))
  const caughtUp = ({ progress$ }: (typeof started)[number]) =>
    firstValueFrom(progress$.pipe(filter(({ lag, records }) => lag === 0 && records > 0)))
  await Promise.all(started.map(caughtUp))
  const written: string[] = []
  for await (const { value } of millrace.read(output, { until: 'latest' })) written.push(value)
  expect(written).toEqual(['v', 'v', 'v'])
})

it('warns of a pipeline that has ended, though nobody looks at done', async () => {
  await using millrace = await connect('memory:')
  await millrace.create(input, output)
  await millrace.send(input, [{ key: 'k', value: 'v' }])
  const lost = map((r: StreamRecord<string, string>) => structuredClone(r))
  const warned = once(process, 'warning')
  await millrace.run(
    'losing',
    stream(input).pipe(
      lost,
      to(output),
      catchError(() => EMPTY),
    ),
  )
  const [warning] = (await warned) as [Error]
  expect(warning.name).toBe('MillraceWarning')
  expect(warning.message).toMatch(/pipeline 'losing' has ended: topic 'out' got/)
})

it('warns of what holds a pipeline up, as long as nobody listens to errors$', async () => {
  await using millrace = await connect('memory:')
  await millrace.create(input, output)
  await millrace.send(input, [{ key: 'k', value: 'v' }])
  const failing = mapValue<string, string, string>(() => {
    throw new Error('no such thing')
  })
  const warned = once(process, 'warning')
  const running = await millrace.run('failing', stream(input).pipe(failing, to(output)))
  const [warning] = (await warned) as [Error]
  expect(warning.message).toMatch(/pipeline 'failing'.*in-0-0.*no such thing.*errors\$/)
  await running.stop({ timeoutMs: 1 })
})
