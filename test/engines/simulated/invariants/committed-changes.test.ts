import { describe, expect, it } from 'vitest'
import type { Change, Moment } from '../../../../src/engines/simulated/invariants/committed-changes.ts'
import { recordsIn } from '../../../support/batches.ts'
import { CommittedStory } from '../../../support/committed-story.ts'

const first = { producerId: 7, producerEpoch: 0 }
const next = { producerId: 7, producerEpoch: 1 }

const told = (change: Change): string => {
  if (change._tag === 'offset') return `${change.group} at ${change.offset} of ${change.topic}`
  const values = recordsIn([change.bytes]).map(({ value }) => value)
  return `${change.withdrawn ? 'without ' : ''}${change.topic} ${values}`
}

const all = (moments: readonly Moment[]): readonly string[] =>
  moments.map(({ atMs, changes }) => `${atMs}: ${changes.map(told).join(', ')}`)

describe('what comes to count', () => {
  it('is a plain batch, and a plain commit, at once', () => {
    const story = new CommittedStory().write('out', ['a=1', 'a=2']).commit('g', 'in', 3).commit('g', 'in', null)
    expect(all(story.moments)).toEqual(['1: out 1,2', '2: g at 3 of in', '3: g at undefined of in'])
  })

  it('is a transaction with all that is in it, when the first of its markers is there', () => {
    const story = new CommittedStory().write('out', ['a=1'], first).write('other', ['a=2'], first)
    story.commit('g', 'in', 3, first)
    expect(story.moments).toEqual([])
    story.mark('other', first, true).mark('out', first, true)
    expect(all(story.moments)).toEqual(['4: out 1, other 2, g at 3 of in'])
    const [change] = story.moments[0]?.changes ?? []
    expect(change?._tag === 'records' && [...(change.transaction?.groups ?? [])]).toEqual(['g'])
  })

  it('is no transaction that is aborted, nor the one after another', () => {
    const story = new CommittedStory().write('out', ['a=1'], first).mark('out', first, false)
    story.write('out', ['a=2'], next)
    expect(story.moments).toEqual([])
    story.mark('out', first, true)
    expect(story.moments).toEqual([])
    story.write('other', ['a=3'], next).mark('other', next, true)
    expect(all(story.moments)).toEqual(['6: out 2, other 3'])
  })

  it('is what comes late to a transaction that is committed', () => {
    const story = new CommittedStory().write('out', ['a=1'], first).mark('out', first, true)
    story.write('other', ['a=2'], first)
    expect(all(story.moments)).toEqual(['2: out 1', '3: other 2'])
  })

  it('is what markers say, where they say one thing and the other', () => {
    const story = new CommittedStory().write('out', ['a=1'], first).write('other', ['a=2'], first)
    story.mark('out', first, true).mark('other', first, false)
    expect(all(story.moments)).toEqual(['3: out 1, other 2', '4: without other 2'])
  })

  it('is not known any more once something is lost', () => {
    const story = new CommittedStory().write('out', ['a=1']).lose().write('out', ['a=2'])
    expect(all(story.moments)).toEqual(['1: out 1'])
  })
})
