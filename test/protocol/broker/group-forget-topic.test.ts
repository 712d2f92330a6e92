import { describe, expect, it } from 'vitest'
import { stepGroup } from '../../../src/protocol/broker/group.ts'
import type { GroupCommand, GroupEffect } from '../../../src/protocol/broker/group-command.ts'
import { emptyGroup, type Group, kafkaGroupSettings } from '../../../src/protocol/broker/group-state.ts'

const moment = { now: 0, timestamp: 0 }
const outside = { generation: -1, memberId: '', request: 0 }
const offsetOf = (topic: string) => ({ topic, partition: 0, offset: 7, metadata: '' })

/** Runs a command, and has the log take whatever it asks for. */
const run = (group: Group, command: GroupCommand): readonly [Group, readonly GroupEffect[]] => {
  const [after, effects] = stepGroup(group, command)
  let settled = after
  for (const effect of effects)
    if (effect._tag === 'append')
      [settled] = stepGroup(settled, { _tag: 'appended', ticket: effect.ticket, baseOffset: effect.ticket, ...moment })
  return [settled, effects]
}

const offsetsIn = (group: Group) => [...group.offsets.keys()]

describe('a topic that is deleted', () => {
  const [committed] = run(emptyGroup('g', kafkaGroupSettings), {
    _tag: 'commit',
    ...outside,
    ...moment,
    offsets: [offsetOf('gone'), offsetOf('stays')],
  })

  it('takes its offsets along, with a tombstone for each, and no other', () => {
    const [after, effects] = run(committed, { _tag: 'forget-topic', topic: 'gone', ...moment })
    expect(offsetsIn(after)).toEqual(['stays'])
    expect(effects).toMatchObject([{ _tag: 'append', records: [{ topic: 'gone', partition: 0, value: null }] }])
  })

  it('takes those of open transactions along: their commit brings nothing back', () => {
    const transaction = { producerId: 3, producerEpoch: 0 }
    const offsets = [offsetOf('gone')]
    const [open] = run(committed, { _tag: 'commit-in-transaction', ...outside, ...moment, ...transaction, offsets })
    const [forgotten] = run(open, { _tag: 'forget-topic', topic: 'gone', ...moment })
    const [ended] = run(forgotten, { _tag: 'end-transaction', producerId: 3, commit: true })
    expect(offsetsIn(ended)).toEqual(['stays'])
  })

  it('means nothing to a group that never read it', () => {
    expect(run(committed, { _tag: 'forget-topic', topic: 'other', ...moment })).toEqual([committed, []])
  })
})
