import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { partitionName } from '../../../../src/contracts/position.ts'
import type { Assignment, AssignorMember, PartitionCounts } from '../../../../src/protocol/client/assignors/assignor.ts'
import { assignors } from '../../../../src/protocol/client/assignors/index.ts'

const names = ['range', 'roundrobin', 'sticky', 'cooperative-sticky', 'task'] as const
type Name = (typeof names)[number]

const assign = (name: Name, members: readonly AssignorMember[], counts: PartitionCounts): Assignment => {
  const assigned = assignors[name].assign(members, counts)
  if (E.isLeft(assigned)) throw new Error(assigned.left.message)
  return assigned.right
}

const sorted = (assignment: Assignment) =>
  [...assignment].map(([id, of]) => [id, of.map(partitionName).sort()] as const).sort(([a], [b]) => (a < b ? -1 : 1))

const fresh = (memberId: string, topics: readonly string[], instanceId?: string): AssignorMember => ({
  memberId,
  instanceId,
  topics,
  owned: [],
  generation: -1,
})

/** The members after a generation: everyone has what it was assigned, and nothing else. */
const holding = (members: readonly AssignorMember[], assignment: Assignment, generation: number): AssignorMember[] =>
  members.map((member) => ({ ...member, owned: assignment.get(member.memberId) ?? [], generation }))

/** What the group comes to: as many generations as it takes until nobody has anything to give back. */
const settled = (name: Name, members: readonly AssignorMember[], counts: PartitionCounts, from = 1) => {
  let now = members
  let assignment: Assignment = new Map()
  for (let generation = from; ; generation++) {
    if (generation > from + 3) throw new Error('the group does not settle')
    const before = new Map(now.map((m) => [m.memberId, new Set(m.owned.map(partitionName))]))
    assignment = assign(name, now, counts)
    const next = holding(now, assignment, generation)
    const givesBack = now.some((m) => {
      const kept = new Set((assignment.get(m.memberId) ?? []).map(partitionName))
      return [...(before.get(m.memberId) ?? [])].some((unit) => !kept.has(unit))
    })
    now = next
    if (!assignors[name].cooperative || !givesBack) return { members: now, assignment, generation }
  }
}

const topicNames: readonly string[] = ['a', 'b', 'c-1', 'd']
const memberIds = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 7 })
const counts = fc
  .tuple(...topicNames.map(() => fc.nat(7)))
  .map((all) => new Map(topicNames.map((topic, i) => [topic, all[i] ?? 0])))
const equalCounts = fc.nat(9).map((n) => new Map(topicNames.map((topic) => [topic, n])))

/** A group of `name` somewhere in its life: with claims from earlier generations, honest ones and stale ones. */
const groups = (name: Name, equalTopics: boolean) =>
  (name === 'task' ? equalCounts : counts).chain((counts) =>
    memberIds.chain((ids) =>
      fc.record({
        counts: fc.constant(counts),
        members: fc.tuple(
          ...ids.map((memberId, i) =>
            fc.record({
              memberId: fc.constant(memberId),
              instanceId: fc.option(fc.constant(`instance-${(i * 5) % 7}`), { nil: undefined }),
              topics: equalTopics || name === 'task' ? fc.constant([...topicNames]) : fc.subarray([...topicNames]),
              owned: fc.array(fc.record({ topic: fc.constantFrom(...topicNames), partition: fc.nat(8) }), {
                maxLength: 8,
              }),
              generation: fc.integer({ min: -1, max: 3 }),
            }),
          ),
        ),
      }),
    ),
  )

describe.each(names)('%s', (name) => {
  it('gives every partition that somebody reads to exactly one of its readers', () => {
    fc.assert(
      fc.property(groups(name, false), ({ members, counts }) => {
        const { assignment } = settled(name, members, counts)
        const given = [...assignment].flatMap(([id, of]) => of.map((tp) => ({ id, ...tp })))
        for (const { id, topic } of given)
          expect(members.find((member) => member.memberId === id)?.topics).toContain(topic)
        const read = new Set(members.flatMap((member) => member.topics))
        const all = [...counts].flatMap(([topic, n]) =>
          read.has(topic) ? Array.from({ length: n }, (_, partition) => partitionName({ topic, partition })) : [],
        )
        expect(given.map(partitionName).sort()).toEqual(all.sort())
      }),
    )
  })

  it('never gives to one what another live member still has, if members keep things while they join', () => {
    if (!assignors[name].cooperative) return
    fc.assert(
      fc.property(groups(name, false), ({ members, counts }) => {
        const assignment = assign(name, members, counts)
        for (const member of members)
          for (const tp of assignment.get(member.memberId) ?? []) {
            const claimants = members.filter((m) => m.owned.map(partitionName).includes(partitionName(tp)))
            const others = claimants.filter((m) => m !== member)
            const own = claimants.includes(member)
            // what others claim, too, stays with the one whose claim is the latest
            if (own) expect(others.every((m) => m.generation < member.generation)).toBe(true)
            else if (name !== 'task') expect(others).toEqual([])
          }
      }),
    )
  })

  it('does not depend on the order of the members', () => {
    fc.assert(
      fc.property(
        groups(name, false).chain(({ members, counts }) =>
          fc.record({
            members: fc.constant(members),
            shuffled: fc.shuffledSubarray([...members], { minLength: members.length }),
            counts: fc.constant(counts),
          }),
        ),
        ({ members, shuffled, counts }) => {
          expect(sorted(assign(name, shuffled, counts))).toEqual(sorted(assign(name, members, counts)))
        },
      ),
    )
  })
})

describe.each(['roundrobin', 'sticky', 'cooperative-sticky', 'task'] as const)('%s, all reading the same', (name) => {
  const size = (assignment: Assignment, id: string) => assignment.get(id)?.length ?? 0

  it('gives nobody two more than another', () => {
    fc.assert(
      fc.property(groups(name, true), ({ members, counts }) => {
        const { assignment } = settled(name, members, counts)
        const sizes = members.map((member) => size(assignment, member.memberId))
        const unit = name === 'task' ? topicNames.length : 1
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(unit)
      }),
    )
  })
})

describe.each(['sticky', 'cooperative-sticky', 'task'] as const)('%s, being sticky', (name) => {
  const group = (name === 'task' ? equalCounts : counts).chain((counts) =>
    memberIds.map((ids) => ({ ids, counts: counts as PartitionCounts })),
  )
  const total = (counts: PartitionCounts) => [...counts.values()].reduce((a, b) => a + b, 0)
  const owners = (assignment: Assignment) =>
    new Map([...assignment].flatMap(([id, of]) => of.map((tp) => [partitionName(tp), id] as const)))

  it('moves at most one share when a member joins, and all of it to the newcomer', () => {
    fc.assert(
      fc.property(group, ({ ids, counts }) => {
        const before = settled(
          name,
          ids.map((id) => fresh(id, topicNames)),
          counts,
        )
        const newcomer = fresh('a newcomer', topicNames)
        const after = settled(name, [...before.members, newcomer], counts, before.generation + 1)
        const was = owners(before.assignment)
        const moved = [...owners(after.assignment)].filter(([unit, id]) => was.get(unit) !== id)
        const share = Math.ceil(total(counts) / (ids.length + 1))
        const slack = name === 'task' ? topicNames.length - 1 : 0
        expect(moved.length).toBeLessThanOrEqual(share + slack)
        expect(moved.every(([, id]) => id === newcomer.memberId)).toBe(true)
      }),
    )
  })

  it('moves nothing of those who stay when members leave', () => {
    fc.assert(
      fc.property(group, fc.nat(), ({ ids, counts }, leaving) => {
        fc.pre(ids.length > 1)
        const before = settled(
          name,
          ids.map((id) => fresh(id, topicNames)),
          counts,
        )
        const staying = before.members.filter((_, i) => i !== leaving % ids.length)
        const after = settled(name, staying, counts, before.generation + 1)
        for (const { memberId, owned } of staying)
          expect(after.assignment.get(memberId)?.map(partitionName)).toEqual(
            expect.arrayContaining(owned.map(partitionName)),
          )
      }),
    )
  })

  it('changes nothing while nothing changes', () => {
    fc.assert(
      fc.property(group, ({ ids, counts }) => {
        const before = settled(
          name,
          ids.map((id) => fresh(id, topicNames)),
          counts,
        )
        expect(sorted(assign(name, before.members, counts))).toEqual(sorted(before.assignment))
      }),
    )
  })
})

describe('range', () => {
  it('deals contiguous ranges, the first members getting one more', () => {
    const members = ['m2', 'm1', 'm3'].map((id) => fresh(id, ['a', 'b']))
    const assignment = assign(
      'range',
      members,
      new Map([
        ['a', 4],
        ['b', 2],
      ]),
    )
    expect(sorted(assignment)).toEqual([
      ['m1', ['a-0', 'a-1', 'b-0']],
      ['m2', ['a-2', 'b-1']],
      ['m3', ['a-3']],
    ])
  })

  it('counts members with an instance id first', () => {
    const assignment = assign('range', [fresh('m1', ['a']), fresh('m2', ['a'], 'z')], new Map([['a', 1]]))
    expect(sorted(assignment)).toEqual([
      ['m1', []],
      ['m2', ['a-0']],
    ])
  })
})

describe('sticky, members reading different topics', () => {
  it('evens out differences of two or more, and no further', () => {
    fc.assert(
      fc.property(groups('sticky', false), ({ members, counts }) => {
        const assignment = assign('sticky', members, counts)
        for (const rich of members)
          for (const tp of assignment.get(rich.memberId) ?? [])
            for (const poor of members.filter((m) => m.topics.includes(tp.topic)))
              expect(
                (assignment.get(rich.memberId)?.length ?? 0) - (assignment.get(poor.memberId)?.length ?? 0),
              ).toBeLessThan(2)
      }),
    )
  })
})

describe('task', () => {
  it('keeps partition i of all topics together', () => {
    fc.assert(
      fc.property(groups('task', true), ({ members, counts }) => {
        for (const of of settled('task', members, counts).assignment.values())
          for (const { partition } of of)
            expect(of.filter((tp) => tp.partition === partition).map((tp) => tp.topic)).toEqual([...topicNames])
      }),
    )
  })

  it('names the topics and their counts where they differ', () => {
    const assigned = assignors.task.assign(
      [fresh('m', ['a', 'b'])],
      new Map([
        ['a', 4],
        ['b', 6],
      ]),
    )
    expect(assigned).toMatchObject({
      left: { code: 'invalid-partitions', message: expect.stringContaining('a has 4, b has 6') },
    })
  })

  it('names a topic that is not there', () => {
    const assigned = assignors.task.assign([fresh('m', ['a', 'b'])], new Map([['a', 4]]))
    expect(assigned).toMatchObject({ left: { code: 'unknown-topic', message: expect.stringContaining('b') } })
  })

  it('gives nothing to members beyond the tasks, nor to those that do not read all topics', () => {
    const counts = new Map([
      ['a', 2],
      ['b', 2],
    ])
    const members = [...['m1', 'm2', 'm3'].map((id) => fresh(id, ['a', 'b'])), fresh('old', ['a'])]
    expect(sorted(assign('task', members, counts))).toEqual([
      ['m1', ['a-0', 'b-0']],
      ['m2', ['a-1', 'b-1']],
      ['m3', []],
      ['old', []],
    ])
  })

  it('refuses a group in which nobody reads all topics', () => {
    const assigned = assignors.task.assign(
      [fresh('m', ['a']), fresh('n', ['b'])],
      new Map([
        ['a', 1],
        ['b', 1],
      ]),
    )
    expect(assigned).toMatchObject({ left: { code: 'inconsistent-protocol' } })
  })
})
