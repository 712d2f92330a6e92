import { describe, expect, it } from 'vitest'
import type { Engine } from '../../../../src/contracts/engine.ts'
import { settle } from '../../../../src/contracts/settle.ts'
import { memoryEngine } from '../../../../src/engines/embedded/open-url.ts'
import { systemClock, systemRandom } from '../../../../src/millrace/system.ts'
import { CommittedOffsets } from '../../../../src/testing/simulation/machine/committed-offsets.ts'

const at = (offset: number) => ({ topic: 'orders', partition: 0, offset, metadata: '' })
const outsider = { group: 'g', generation: -1, memberId: '' }

/** An engine in which `g` is at `offset`, if anywhere. */
const engineAt = async (offset: number | undefined): Promise<Engine> => {
  const engine = await settle(memoryEngine({ name: 'memory:', clock: systemClock, random: systemRandom }))
  await settle(engine.topics.create({ name: 'orders', partitions: 1, config: {} }))
  if (offset !== undefined) await settle(engine.groups.commit(outsider, [at(offset)]))
  return engine
}

describe('what groups have committed', () => {
  it.each([
    ['what was acknowledged', 5, []],
    ['what was asked for since', 7, []],
    ['less', 4, ["group 'g' had committed 5 of orders-0, and is at 4"]],
    ['more than anybody asked for', 9, ["group 'g' had committed 5 of orders-0, and is at 9"]],
    ['nothing', undefined, ["group 'g' had committed 5 of orders-0, and is at none"]],
  ] as const)('may be found as %s, or is wrong', async (_what, found, wrong) => {
    const offsets = new CommittedOffsets()
    offsets.ask('g', [at(5)])
    offsets.answer('g', [at(5)])
    offsets.ask('g', [at(7)])
    const engine = await engineAt(found)
    expect(await offsets.wrong(engine)).toEqual(wrong)
    // what was found counts from now on
    expect(await offsets.wrong(engine)).toEqual([])
    await settle(engine.close())
  })

  it('is nobody’s business once the group or the topic is given up', async () => {
    const engine = await engineAt(undefined)
    const offsets = new CommittedOffsets()
    for (const group of ['g', 'h']) offsets.answer(group, [at(5)])
    offsets.forget('g')
    offsets.forgetTopic('orders')
    expect(await offsets.wrong(engine)).toEqual([])
    await settle(engine.close())
  })
})
