import { once } from 'node:events'
import { catchError, EMPTY, map } from 'rxjs'
import { expect, it } from 'vitest'
import { to } from '../../operators/index.ts'
import { connect, type StreamRecord, stream, text, topic } from '../../src/index.ts'

const input = topic('in', { key: text, value: text })
const output = topic('out', { key: text, value: text })

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
