import { describe, expect, it } from 'vitest'
import type { AssignorName } from '../../../src/contracts/engine.ts'
import { decodeAssignment, encodeSubscription } from '../../../src/protocol/client/consumer-protocol.ts'
import { assignParts, noteOf } from '../../../src/protocol/client/leader-assignment.ts'
import { rightOf } from '../../support/right-of.ts'

interface Someone {
  readonly id: string
  readonly topics: readonly string[]
  /** Of each topic it reads. */
  readonly owned?: readonly number[]
}

const counts = new Map([
  ['a', 2],
  ['b', 2],
  ['c', 3],
])

const assign = (members: readonly Someone[], assignor: AssignorName = 'task') =>
  assignParts(
    'g',
    assignor,
    {
      _tag: 'joined',
      memberId: 'leader',
      generation: 4,
      protocol: assignor,
      leader: 'leader',
      skipAssignment: false,
      members: members.map(({ id, topics, owned = [] }) => ({
        memberId: id,
        instanceId: undefined,
        metadata: encodeSubscription({
          topics,
          owned: topics.flatMap((topic) => owned.map((partition) => ({ topic, partition }))),
          generation: owned.length > 0 ? 3 : -1,
          userData: null,
        }),
      })),
    },
    counts,
  )

/** What each is told: its partitions, or why it has none. */
const toldTo = (members: readonly Someone[]) =>
  new Map(
    rightOf(assign(members)).map(({ memberId, assignment }) => {
      const decoded = rightOf(decodeAssignment(assignment))
      const partitions = decoded.partitions.map(({ topic, partition }) => `${topic}-${partition}`)
      return [memberId, noteOf(decoded).refusal ?? partitions.join(' ')]
    }),
  )

const atWork: Someone = { id: 'at work', topics: ['a', 'b'], owned: [0, 1] }

describe('who does not fit those that are at work', () => {
  it.each([
    [
      'reads another topic, and not all of theirs',
      ['a', 'c'],
      /'g' is at work on other topics: give .* another name, .* \(it reads a, b; these are a, c; topics that are read/,
    ],
    ['reads one more, of another number of partitions', ['a', 'b', 'c'], /a has 2, b has 2, c has 3/],
    ['reads one more that does not exist', ['a', 'b', 'd'], /there is no topic 'd'/],
  ])('gets nothing and is told so, while they go on: who %s', (_, topics, why) => {
    const told = toldTo([{ id: 'newcomer', topics }, atWork])
    expect(told.get('at work')).toBe('a-0 a-1 b-0 b-1')
    expect(told.get('newcomer')).toMatch(why)
  })

  it('keeps nobody out who fits', () => {
    const told = toldTo([{ id: 'misfit', topics: ['c'] }, atWork, { id: 'second', topics: ['b', 'a'] }])
    expect(told.get('at work')).toMatch(/^a-(\d) b-\1$/)
    // its share is given back first
    expect(told.get('second')).toBe('')
    expect(told.get('misfit')).toMatch(/these are c;/)
  })

  it('is not known where nobody is at work', () => {
    expect(
      assign([
        { id: 'm', topics: ['a'] },
        { id: 'n', topics: ['b'] },
      ]),
    ).toMatchObject({
      left: { code: 'inconsistent-protocol' },
    })
  })

  it('is told no more than fits beside the group', () => {
    const told = toldTo([{ id: 'newcomer', topics: Array.from({ length: 900 }, (_, at) => `topic-${at}`) }, atWork])
    expect(told.get('newcomer')).toHaveLength(1_000)
  })
})

it('reads no note in what another program wrote', () => {
  const silent = { members: 0, givesBack: false, refusal: undefined }
  for (const userData of [null, [], [0, 0, 0, 1, 0, 1], [0, 0, 0, 1, 0, 1, 255, 255, 0], [0, 0, 0, 1, 0, 1, 0, 9]])
    expect(noteOf({ partitions: [], userData: userData && Uint8Array.from(userData) })).toEqual(silent)
})
