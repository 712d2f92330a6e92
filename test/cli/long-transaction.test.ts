import * as E from 'fp-ts/lib/Either.js'
import { expect, it } from 'vitest'
import { memoryEngine } from '../../src/engines/embedded/open-url.ts'
import { systemRandom } from '../../src/millrace/system.ts'
import { run } from '../support/cli-world.ts'
import { rightOf } from '../support/right-of.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const manyLines = `${'x'.repeat(100_000)}\n`.repeat(50)

it('produce --transactional says what may be done where its input takes longer than a transaction may', async () => {
  const clock = new VirtualClock()
  const engine = rightOf(await memoryEngine({ name: 'memory:', clock, random: systemRandom })())
  rightOf(await engine.topics.create({ name: 'orders', partitions: 1, config: {} })())
  async function* slow(): AsyncGenerator<string> {
    // what has gone out before the next is asked for is more than is held back until a transaction ends
    for (let piece = 0; piece < 3; piece++) yield manyLines
    await clock.advance(61_000)
    yield 'behind it\n'
  }
  const open = async () => ({ ...engine, close: () => async () => E.right(undefined) })
  const ran = await run(['produce', '--topic', 'orders', '--transactional'], { input: slow(), open, clock })
  expect(ran).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'millrace: the input took more than 60 s, and the transaction was aborted: none of its records will be seen; send it in parts, or without --transactional\n',
  })
})
