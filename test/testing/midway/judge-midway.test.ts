import { describe, expect, it } from 'vitest'
import { type StreamRecord, text, topic } from '../../../src/index.ts'
import { type Expect, type Expectation, expectation, type Input } from '../../../src/testing/expectations.ts'
import { judgeMidway } from '../../../src/testing/midway/judge-midway.ts'
import type { PipelineAtWork } from '../../../src/testing/midway/pipeline-at-work.ts'
import { CommittedStory } from '../../support/committed-story.ts'

const orders = topic('orders', { key: text, value: text })
const other = topic('other', { key: text, value: text })
const kept = topic('kept', { key: text, value: text, config: { 'retention.ms': 1_000 } })
const out = topic('out', { key: text, value: text })
const topics = [orders, other, kept, out] as const
type Topics = Input<typeof topics>

const copies = (records: readonly StreamRecord<string, string>[]) => records.map(({ key, value }) => ({ key, value }))
const model = ({ orders }: Topics) => copies(orders)

const copy = (guarantee: PipelineAtWork['guarantee'], more: Partial<PipelineAtWork> = {}): PipelineAtWork => ({
  name: 'copy',
  reads: ['orders'],
  writes: ['out'],
  guarantee,
  ...more,
})
const exactly = copy('exactly-once')
const atLeast = copy('at-least-once')
const atMost = copy('at-most-once')

const judged = (
  story: CommittedStory,
  pipelines: readonly PipelineAtWork[],
  expect: (e: Expect<Topics>) => Expectation,
  fed: ReadonlySet<string> = new Set(['orders']),
): readonly string[] =>
  judgeMidway([expect(expectation<Topics>())], topics, { pipelines, moments: story.moments, fed }).map(
    ({ atMs, message }) => `${atMs}: ${message.split('\n').slice(0, 2).join('')}`,
  )

const producer = { producerId: 7, producerEpoch: 0 }
const input = () => new CommittedStory().write('orders', ['a=1', 'a=2'])
/** The records are there before their offsets, for a moment. */
const outputsFirst = () => input().write('out', ['a=1']).commit('copy', 'orders', 1)
const offsetsFirst = () => input().commit('copy', 'orders', 1).write('out', ['a=1'])
const together = () =>
  input().write('out', ['a=1'], producer).commit('copy', 'orders', 1, producer).mark('out', producer, true)

describe('in the midst of a run', () => {
  it('what is read and written at once is exactly once', () => {
    expect(judged(together(), [exactly], (e) => e.exactlyOnce(out, model))).toEqual([])
  })

  it('outputs without their offsets are not exactly once', () => {
    expect(judged(outputsFirst(), [exactly], (e) => e.exactlyOnce(out, model))).toEqual([
      "2: exactlyOnce('out') does not hold in the midst of the run, where group 'copy' has committed orders-0 to 0:  " +
        'nobody expects: "a" → "1" (once)',
    ])
  })

  it('offsets without their outputs are not, either', () => {
    expect(judged(offsetsFirst(), [exactly], (e) => e.exactlyOnce(out, model))).toEqual([
      "2: exactlyOnce('out') does not hold in the midst of the run, where group 'copy' has committed orders-0 to 1:  " +
        'lost: "a" → "1" (there 0×, expected 1×)',
    ])
  })

  it('of each guarantee that is asked which it gives', () => {
    const asked = (story: CommittedStory, pipeline: PipelineAtWork) => [
      judged(story, [pipeline], (e) => e.exactlyOnce(out, model)).length,
      judged(story, [pipeline], (e) => e.atLeastOnce(out, model)).length,
      judged(story, [pipeline], (e) => e.atMostOnce(out, model)).length,
      judged(story, [pipeline], (e) => e.noLoss(out, model)).length,
    ]
    expect(asked(outputsFirst(), exactly)).toEqual([1, 0, 1, 0])
    expect(asked(offsetsFirst(), exactly)).toEqual([1, 1, 0, 1])
    expect(asked(outputsFirst(), atLeast)).toEqual([0, 0, 0, 0])
    expect(asked(offsetsFirst(), atLeast)).toEqual([1, 1, 0, 1])
    expect(asked(outputsFirst(), atMost)).toEqual([1, 0, 1, 0])
    expect(asked(offsetsFirst(), atMost)).toEqual([0, 0, 0, 0])
  })

  it('a copy too many is found, and one that is only repeated where that may be is not', () => {
    const twice = () => outputsFirst().write('out', ['a=1'])
    expect(judged(twice(), [atLeast], (e) => e.atLeastOnce(out, model))).toEqual([])
    expect(judged(offsetsFirst().write('out', ['a=1']), [atMost], (e) => e.atMostOnce(out, model))).toHaveLength(1)
  })
})

describe('when a promise is judged', () => {
  it('is said by an option of its own, and nothing else', () => {
    const { exactlyOnce } = expectation<Topics>()
    expect(() => exactlyOnce(out, model, { throughout: 'no' as never })).toThrow(
      'exactlyOnce(\'out\', …): throughout is true or false, and not "no"',
    )
    expect(() => exactlyOnce(out, model, { through: true } as never)).toThrow("there is no option 'through'")
  })
})

describe('nothing is said in the midst of a run', () => {
  const nothing = (
    pipelines: readonly PipelineAtWork[],
    expectOf: (e: Expect<Topics>) => Expectation,
    fed?: ReadonlySet<string>,
  ) => expect(judged(outputsFirst().commit('copy', 'other', 0), pipelines, expectOf, fed)).toEqual([])

  it('where the expectation is not meant so', () =>
    nothing([exactly], (e) => e.exactlyOnce(out, model, { throughout: false })))

  it('where the model does not bear it', () =>
    nothing([exactly], (e) =>
      e.exactlyOnce(out, ({ orders }) => {
        if (orders.length < 2) throw new Error('two at least')
        return copies(orders)
      }),
    ))

  it('where the model reads what comes before the pipeline', () =>
    nothing([copy('exactly-once', { reads: ['other'] })], (e) => e.exactlyOnce(out, model)))

  it('where the pipeline reads more than the model', () =>
    nothing([copy('exactly-once', { reads: ['orders', 'other'] })], (e) => e.exactlyOnce(out, model)))

  it('where the model reads what no pipeline does', () =>
    nothing([exactly], (e) => e.exactlyOnce(out, ({ orders, other }) => copies([...orders, ...other]))))

  it('where two read the same for it', () =>
    nothing([exactly, copy('exactly-once', { name: 'too' })], (e) => e.exactlyOnce(out, model)))

  it('where others write to it', () => nothing([exactly], (e) => e.exactlyOnce(out, model), new Set(['orders', 'out'])))

  it('where retention may have taken something', () =>
    nothing([copy('exactly-once', { reads: ['kept'] })], (e) => e.exactlyOnce(out, ({ kept }) => copies(kept))))
})

describe('a consumer that is no pipeline', () => {
  const byHand = (story: CommittedStory) => judged(story, [], (e) => e.exactlyOnce(out, model))
  const later = { producerId: 7, producerEpoch: 1 }

  it('is judged where all its transactions commit the offsets of what the model reads', () => {
    expect(byHand(together())).toEqual([])
    const twice = together().write('out', ['a=1'], later).commit('copy', 'orders', 1, later).mark('out', later, true)
    expect(byHand(twice)).toHaveLength(1)
  })

  it('is not judged where that is not known', () => {
    expect(byHand(outputsFirst())).toEqual([])
    expect(byHand(together().write('out', ['a=9']))).toEqual([])
    expect(byHand(together().write('out', ['a=9'], later).mark('out', later, true))).toEqual([])
    expect(byHand(together().commit('copy', 'other', 5))).toEqual([])
    expect(
      byHand(together().write('out', ['a=9'], later).commit('another', 'orders', 1, later).mark('out', later, true)),
    ).toEqual([])
  })
})
