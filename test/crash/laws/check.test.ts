import { describe, expect, it } from 'vitest'
import type { Found, FoundLog } from '../found.ts'
import { exposed, historyOf } from '../history.ts'
import { nextState } from '../state.ts'
import type { Outcome, Told, Written } from '../told.ts'
import { copying, lasting, totalling } from '../topics.ts'
import type { Law } from './anomaly.ts'
import { anomaliesIn } from './check.ts'
import { otherOnDisk } from './kept-on-disk.ts'
import { otherThanSeen } from './seen.ts'

/** Records of a partition from offset 0 on; `null` leaves an offset out, as a marker does. */
type Logs = Readonly<Record<string, readonly (string | null)[]>>
type Offsets = Readonly<Record<string, Readonly<Record<string, number>>>>

const found = (logs: Logs, committed: Offsets = {}, starts: Readonly<Record<string, number>> = {}): Found => ({
  topics: new Map([
    ...lasting.map(({ name, partitions }) => [name, partitions] as const),
    ...Object.keys(logs).map((name) => [name.slice(0, name.lastIndexOf('-')), 3] as const),
  ]),
  logs: new Map(Object.entries(logs).map(([name, values]) => [name, logOf(name, values, starts[name] ?? 0)])),
  committed: new Map(Object.entries(committed).map(([group, of]) => [group, new Map(Object.entries(of))])),
})

const logOf = (name: string, values: readonly (string | null)[], start: number): FoundLog => ({
  topic: name.slice(0, name.lastIndexOf('-')),
  partition: Number(name.slice(name.lastIndexOf('-') + 1)),
  start,
  records: values.flatMap((value, at) => (value === null ? [] : [{ offset: start + at, value }])),
})

const written = (topic: string, ...values: readonly string[]): readonly Written[] =>
  values.map((value) => ({ topic, partition: 0, value }))

const ended = (id: string, how: Outcome | 'open', at?: readonly number[]): readonly Told[] => {
  if (how === 'open') return []
  return [at === undefined ? { tag: 'ended', id, how } : { tag: 'ended', id, how, at }]
}

const sent = (
  id: string,
  records: readonly Written[],
  how: Outcome | 'open',
  at?: readonly number[],
): readonly Told[] => [{ tag: 'begun', id, act: { kind: 'send', lane: 'l', records } }, ...ended(id, how, at)]

const transacted = (
  id: string,
  records: readonly Written[],
  how: Outcome | 'open',
  commits = true,
): readonly Told[] => [
  { tag: 'begun', id, act: { kind: 'transaction', lane: 't', records, commits } },
  ...ended(id, how),
]

const lawsBroken = (told: readonly Told[], there: Found): readonly Law[] => [
  ...new Set(anomaliesIn(historyOf(told), there).map(({ law }) => law)),
]

const [a, b] = ['k1:a', 'k1:b']
const one = sent('1', written('plain', a), 'done', [0])
const both = [...written('ledger', a), ...written('journal', b)]
const [first, second] = [nextState('', 'plain-0-0'), nextState(nextState('', 'plain-0-0'), 'plain-0-1')]
const folded = { 'plain-0': [a, b], 'totals-0': [first, second], 'totalling--folds-changelog-0': [first, second] }
const read = { [totalling]: { 'plain-0': 2 } }
const twoSent = sent('1', written('plain', a, b), 'done', [0, 1])

describe('the laws', () => {
  const sound: readonly (readonly [string, readonly Told[], Found])[] = [
    ['what was acknowledged, where it was said to be', one, found({ 'plain-0': [a] })],
    ['what was under way: not there', sent('1', written('plain', a), 'open'), found({ 'plain-0': [] })],
    ['what was under way: there', sent('1', written('plain', a), 'open'), found({ 'plain-0': [a] })],
    ['a transaction that was given up', transacted('1', both, 'given up', false), found({ 'ledger-0': [null] })],
    [
      'a transaction that was under way, as a whole',
      transacted('1', both, 'open'),
      found({ 'ledger-0': [a], 'journal-0': [b] }),
    ],
    [
      'what was deleted from the front',
      sent('1', written('trimmed', a), 'done', [0]),
      found({ 'trimmed-0': [] }, {}, { 'trimmed-0': 1 }),
    ],
    [
      'copies up to the offset',
      one,
      found({ 'plain-0': [a], 'copies-0': [`plain-0-0 ${a}`] }, { [copying]: { 'plain-0': 1 } }),
    ],
    ['the fold of what was read', twoSent, found(folded, read)],
  ]
  it.each(sound)('admit %s', (_what, told, there) => expect(lawsBroken(told, there)).toEqual([]))

  const broken: readonly (readonly [Law, string, readonly Told[], Found])[] = [
    ['lost', 'an acknowledged record is gone', one, found({ 'plain-0': [] })],
    ['lost', 'it has moved', one, found({ 'plain-0': [null, a] })],
    [
      'lost',
      'the last of a key is an older one',
      [...sent('1', written('latest', a), 'done'), ...sent('2', written('latest', b), 'done')],
      found({ 'latest-0': [a] }),
    ],
    [
      'lost',
      'an offset that was seen is gone',
      [{ tag: 'reached', group: copying, positions: [{ topic: 'plain', partition: 0, offset: 3 }] }],
      found({}),
    ],
    [
      'lost',
      'an acknowledged transaction is gone',
      transacted('1', both, 'done'),
      found({ 'ledger-0': [], 'journal-0': [] }),
    ],
    ['doubled', 'a record is there twice', one, found({ 'plain-0': [a, a] })],
    [
      'doubled',
      'what was undecided is there twice',
      sent('1', written('plain', a), 'open'),
      found({ 'plain-0': [a, a] }),
    ],
    ['doubled', 'an output is there twice', twoSent, found({ ...folded, 'totals-0': [first, second, second] }, read)],
    ['invented', 'nobody wrote it', [], found({ 'plain-0': [a] })],
    ['invented', 'it is in another partition', one, found({ 'plain-0': [a], 'plain-1': [a] })],
    [
      'aborted',
      'what was given up is seen',
      transacted('1', both, 'given up', false),
      found({ 'ledger-0': [a], 'journal-0': [b] }),
    ],
    ['aborted', 'what was to be given up is seen', transacted('1', both, 'open', false), found({ 'ledger-0': [a] })],
    ['torn', 'half of a transaction is there', transacted('1', both, 'open'), found({ 'ledger-0': [a] })],
    [
      'order',
      'two sends have changed places',
      [...sent('1', written('plain', a), 'open'), ...sent('2', written('plain', b), 'open')],
      found({ 'plain-0': [b, a] }),
    ],
    [
      'order',
      'the first of two is not there',
      [...sent('1', written('plain', a), 'open'), ...sent('2', written('plain', b), 'open')],
      found({ 'plain-0': [b] }),
    ],
    ['offsets', 'offsets are ahead of their copies', one, found({ 'plain-0': [a] }, { [copying]: { 'plain-0': 1 } })],
    ['offsets', 'copies are ahead of their offsets', one, found({ 'plain-0': [a], 'copies-0': [`plain-0-0 ${a}`] })],
    [
      'offsets',
      'offsets are ahead of their outputs',
      twoSent,
      found({ ...folded, 'totals-0': [first], 'totalling--folds-changelog-0': [first] }, read),
    ],
    ['offsets', 'outputs are ahead of their offsets', twoSent, found(folded, { [totalling]: { 'plain-0': 1 } })],
    [
      'state',
      'the store is behind its outputs',
      twoSent,
      found({ ...folded, 'totalling--folds-changelog-0': [first] }, read),
    ],
    [
      'state',
      'a record was folded in twice',
      twoSent,
      found({ ...folded, 'totals-0': [first, nextState(second, 'plain-0-1')] }, read),
    ],
    [
      'topics',
      'a topic that was created is not there',
      [{ tag: 'begun', id: '1', act: { kind: 'create', topic: 'scratch', partitions: 1 } }, ...ended('1', 'done')],
      found({}),
    ],
    [
      'topics',
      'a topic that was deleted is there',
      [{ tag: 'begun', id: '1', act: { kind: 'delete', topic: 'scratch' } }, ...ended('1', 'done')],
      found({ 'scratch-0': [] }),
    ],
    [
      'topics',
      'what was cut off is back',
      [
        { tag: 'begun', id: '1', act: { kind: 'cut', positions: [{ topic: 'trimmed', partition: 0, offset: 2 }] } },
        ...ended('1', 'done'),
      ],
      found({ 'trimmed-0': [] }),
    ],
    [
      'invented',
      'a record has come back with the name of its topic',
      [
        ...sent('1', written('scratch', a), 'done'),
        { tag: 'begun', id: '2', act: { kind: 'delete', topic: 'scratch' } },
        ...ended('2', 'done'),
        { tag: 'begun', id: '3', act: { kind: 'create', topic: 'scratch', partitions: 1 } },
        ...ended('3', 'done'),
      ],
      found({ 'scratch-0': [a] }),
    ],
  ]
  it.each(broken)('find %s: %s', (law, _what, told, there) => expect(lawsBroken(told, there)).toContain(law))

  it('promise less where nothing was synced: only that there are no doubles, and each partition is a beginning', () => {
    const told = exposed(historyOf([...one, ...transacted('2', both, 'done')]))
    expect(anomaliesIn(told, found({ 'plain-0': [] }))).toEqual([])
    expect(anomaliesIn(told, found({ 'plain-0': [a], 'ledger-0': [a] }))).not.toEqual([])
    expect(anomaliesIn(told, found({ 'plain-0': [a, a] }))).not.toEqual([])
  })
})

describe('what an opening has found', () => {
  const latestOf = (...values: readonly (string | null)[]) => found({ 'latest-0': values })
  const at = (offset: number) => found({}, { [copying]: { 'plain-0': offset } })
  const deeds = historyOf([...one, ...sent('2', written('plain', b), 'open')]).deeds
  const lawsAgainst = (seen: Found, there: Found) =>
    otherThanSeen({ found: seen, before: deeds }, there).map(({ law }) => law)

  const sound: readonly (readonly [string, Found, Found])[] = [
    ['with what was written since', found({ 'plain-0': [a] }), found({ 'plain-0': [a, 'k1:c'] })],
    [
      'but for what was deleted since',
      found({ 'trimmed-0': [a, b] }),
      found({ 'trimmed-0': [b] }, {}, { 'trimmed-0': 1 }),
    ],
    ['but for what was replaced since', latestOf(a), latestOf(null, 'k1:c')],
  ]
  it.each(sound)('stays, %s', (_what, seen, there) => expect(lawsAgainst(seen, there)).toEqual([]))

  const broken: readonly (readonly [Law, string, Found, Found])[] = [
    ['lost', 'a record is gone', found({ 'plain-0': [a] }), found({ 'plain-0': [] })],
    ['lost', 'the last of a key is gone', latestOf(null, a), latestOf()],
    ['lost', 'an offset is gone', at(3), at(2)],
    ['topics', 'a topic is gone', found({ 'other-0': [a] }), found({})],
    [
      'topics',
      'what was cut off is back',
      found({ 'trimmed-0': [] }, {}, { 'trimmed-0': 1 }),
      found({ 'trimmed-0': [] }),
    ],
    ['invented', 'there is a record where none was', found({ 'copies-0': [null, a] }), found({ 'copies-0': [b, a] })],
    ['invented', 'what was gone has come back', found({ 'plain-0': [a] }), found({ 'plain-0': [a, b] })],
  ]
  it.each(broken)('is missed: %s, %s', (law, _what, seen, there) => expect(lawsAgainst(seen, there)).toContain(law))
})

describe('a store on disk', () => {
  const [first, second, third] = ['plain-0-0', 'plain-0-1', 'plain-0-2']
  const states = [first, second, third].reduce<readonly string[]>(
    (all, id) => [...all, nextState(all.at(-1) ?? '', id)],
    [],
  )
  const there = found(
    {
      'plain-0': [a, b, 'k1:c'],
      'totalling--folds-changelog-0': [states[0] as string, null, states[1] as string, states[2] as string],
    },
    { [totalling]: { 'plain-0': 3 } },
  )
  const has = (standsAt: number, state: string | undefined) =>
    otherOnDisk(there, [{ task: 0, standsAt, states: new Map(state === undefined ? [] : [['k1', state]]) }])

  it('has what was committed where it stands', () => {
    expect([has(0, undefined), has(1, states[0]), has(2, states[0]), has(3, states[1]), has(4, states[2])]).toEqual(
      Array(5).fill([]),
    )
  })

  it('is found to lack what was committed, and to have what was not', () => {
    const wrong = [has(4, undefined), has(4, states[1]), has(3, states[2]), has(2, undefined), has(1, '9|1|x')]
    expect(wrong.map((anomalies) => anomalies.map(({ law }) => law))).toEqual(Array(5).fill(['state']))
  })
})
