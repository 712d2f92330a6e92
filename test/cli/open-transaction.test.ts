import * as E from 'fp-ts/lib/Either.js'
import { expect, it, onTestFinished } from 'vitest'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import { memoryEngine } from '../../src/engines/embedded/open-url.ts'
import { openMillrace } from '../../src/millrace/open-millrace.ts'
import { systemClock, systemRandom } from '../../src/millrace/system.ts'
import { run } from '../support/cli-world.ts'
import { rightOf } from '../support/right-of.ts'

const lines = topic('lines', { key: text, value: text })
/** More than is held back until a transaction ends. */
const manyRecords = Array.from({ length: 100 }, () => ({ key: 'k', value: 'x'.repeat(100_000) }))

it('consume --until-latest waits for open transactions, unless it is to show their records', async () => {
  const parts = { clock: systemClock, random: systemRandom }
  const engine = rightOf(await memoryEngine({ name: 'memory:', ...parts })())
  const millrace = openMillrace({ url: 'memory:', engine, ...parts, clientId: 'test', send: {} })
  await millrace.create(lines)
  await millrace.send(lines, [{ key: 'k', value: 'committed' }])
  const gate = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const transaction = millrace.transaction(async (tx) => {
    await tx.send(lines, manyRecords)
    begun.resolve()
    await gate.promise
  })
  onTestFinished(async () => {
    gate.resolve()
    await transaction
    await millrace.close()
  })
  await begun.promise
  const open = async () => ({ ...engine, close: () => async () => E.right(undefined) })
  const consume = (more: string) =>
    run(`consume --topic lines --from-beginning --until-latest ${more}`.split(' '), { open })
  const committed = consume('--isolation-level read_committed')
  expect((await consume('--isolation-level read_uncommitted')).stdout).toMatch(/^committed\nx{100000}\n/)
  expect(await consume('--timeout-ms 1')).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(await consume('--group g --timeout-ms 1')).toEqual({ code: 0, stdout: '', stderr: '' })
  const { stdout } = await run(['topics', 'describe', '--topic', 'lines', '--json'], { open })
  expect(stdout).toContain('"lastStableOffset":1,')
  gate.resolve()
  expect((await committed).stdout).toMatch(/^committed\nx{100000}\n/)
})
