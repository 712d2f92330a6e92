import { describe, expect, it } from 'vitest'
import { isDoubled, isUnheard, messagesOf } from '../../../src/testing/report/messages.ts'
import { message } from './traces.ts'

const link = { from: 'app-1', to: 'broker-0' }

describe('messagesOf', () => {
  it('puts together what became of each message', () => {
    const messages = messagesOf([
      ...message(0, 1, { ...link, what: 'fetch', detail: 'a-0 at 3' }),
      ...message(1, 2, { ...link, what: 'produce' }, 2),
      ...message(2, 3, { ...link, what: 'endTransaction' }, 0),
      ...message(3, 4, { ...link, what: 'metadata' }, 0),
      { _tag: 'lost', at: 4, message: 3, why: 'the network is cut' },
    ])
    expect(messages.map(({ what, detail, arrivalsMs, lost }) => [what, detail, arrivalsMs, lost])).toEqual([
      ['fetch', 'a-0 at 3', [1.5], undefined],
      ['produce', '', [2.5, 3.5], undefined],
      ['endTransaction', '', [], undefined],
      ['metadata', '', [], 'the network is cut'],
    ])
    expect(messages.map(isDoubled)).toEqual([false, true, false, false])
    expect(messages.map(isUnheard)).toEqual([false, false, true, false])
  })

  it.each([
    ['produce', '', 'records'],
    ['produce: answer', '', 'records'],
    ['fetch', '', 'reads'],
    ['replicate', '', 'replication'],
    ['group', "join 'g'", 'groups'],
    ['group', "heartbeat 'g'", 'heartbeats'],
    ['group: answer', 'heartbeat: done', 'heartbeats'],
    ['publish', 'version 3', 'metadata'],
  ])('knows what %s (%s) serves', (what, detail, kind) => {
    expect(messagesOf(message(0, 0, { ...link, what, detail })).map((one) => one.kind)).toEqual([kind])
  })
})
