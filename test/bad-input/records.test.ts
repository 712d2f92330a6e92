import { map } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { mapRecord } from '../../operators/map-record.ts'
import { scanByKey } from '../../operators/scan-by-key.ts'
import { to } from '../../operators/to.ts'
import {
  type AnyTopic,
  type Codec,
  codec,
  deadLetter,
  deadLetters,
  EncodeError,
  type Outgoing,
  type StreamRecord,
  store,
  stream,
  text,
  topic,
  UnreadableRecord,
} from '../../src/index.ts'
import { DrivenMillrace, failOnUnheardErrors, noticesOf, refusal } from '../support/bad-input.ts'

failOnUnheardErrors()

const plain = topic('in', { key: text, value: text, partitions: 2 })
const output = topic('out', { key: text, value: text, partitions: 2 })
const dead = deadLetters('dead', { partitions: 2 })

/** Text, but for one word, which it cannot bear. */
const picky = codec<string>({
  name: 'picky',
  encode: (value) => {
    if (value === 'bad') throw new RangeError('I do not write that')
    return Buffer.from(value)
  },
  decode: (bytes) => {
    const value = Buffer.from(bytes).toString()
    if (value === 'bad') throw new RangeError('I do not read that')
    return value
  },
})

/** One that breaks the contract of codecs: it throws where it should answer. */
const rude: Codec<string> = {
  name: 'rude',
  encode: (value) => {
    if (value === 'bad') throw 'a word'
    return Buffer.from(value)
  },
  decode: (bytes) => {
    if (String(bytes && Buffer.from(bytes)) === 'bad') throw 'a word'
    return text.decode(bytes)
  },
}

const pickyKey = topic('in', { key: picky, value: text, partitions: 2 })
const pickyValue = topic('in', { key: text, value: picky, partitions: 2 })
const rudeKey = topic('in', { key: rude, value: text, partitions: 2 })
const rudeValue = topic('in', { key: text, value: rude, partitions: 2 })
const sorts = [
  ['key', 'picky', pickyKey, { key: 'bad', value: 'v' }],
  ['value', 'picky', pickyValue, { key: 'k', value: 'bad' }],
  ['key', 'rude', rudeKey, { key: 'bad', value: 'v' }],
  ['value', 'rude', rudeValue, { key: 'k', value: 'bad' }],
] as const

const valuesOf = async (w: DrivenMillrace, of: AnyTopic): Promise<unknown[]> => {
  const values: unknown[] = []
  const read = async () => {
    for await (const { value } of w.millrace.read(of, { until: 'latest' })) values.push(value)
  }
  await w.while(read())
  return values
}

const world = async (): Promise<DrivenMillrace> => {
  const w = await DrivenMillrace.open()
  await w.while(w.millrace.create(plain, output, dead))
  return w
}

describe.each(sorts)('a codec of the %s that throws (%s)', (part, name, of, bad) => {
  const good = { key: 'k', value: 'good' }

  it('on encoding refuses the whole call by record, topic and codec, and nothing of it is written', async () => {
    const w = await world()
    for (const call of [
      () => w.millrace.send(of, [good, bad]),
      () => w.millrace.transaction((tx) => tx.send(of, [good, bad])),
    ]) {
      const error: unknown = await w.while(
        call().then(
          () => undefined,
          (reason: unknown) => reason,
        ),
      )
      expect(error).toBeInstanceOf(EncodeError)
      for (const words of [`${part} of record 1`, "topic 'in'", name]) expect((error as Error).message).toContain(words)
    }
    await w.while(w.millrace.send(of, [good]))
    expect(await valuesOf(w, plain)).toEqual(['good'])
  })

  it('on encoding an output fails the record alone', async () => {
    const w = await world()
    const odd = topic('out', { key: of.key, value: of.value, partitions: 2 })
    await w.while(
      w.millrace.send(plain, [
        { ...good, partition: 0 },
        { ...bad, partition: 0 },
        { ...good, partition: 0 },
      ]),
    )
    const running = await w.while(w.millrace.run('p', stream(plain).pipe(to(odd)), { onError: 'skip' }))
    const notices = noticesOf(running)
    await w.caughtUp(running)
    expect(await valuesOf(w, output)).toEqual(['good', 'good'])
    expect(notices).toMatchObject([{ _tag: 'record-failed', recordId: 'in-0-1', policy: 'skip' }])
    for (const words of ["pipeline 'p'", "record 'in-0-1'", name === 'picky' ? 'I do not write that' : 'a word'])
      expect(notices[0]?.message).toContain(words)
    await w.while(running.stop())
  })

  it('on decoding is a record that cannot be read: it goes to onError, and no other is touched', async () => {
    const w = await world()
    await w.while(
      w.millrace.send(plain, [
        { ...good, partition: 0 },
        { ...bad, partition: 0 },
        { ...good, partition: 0 },
      ]),
    )
    const running = await w.while(w.millrace.run('p', stream(of).pipe(to(output)), { onError: deadLetter(dead) }))
    const notices = noticesOf(running)
    await w.caughtUp(running)
    expect(await valuesOf(w, output)).toEqual(['good', 'good'])
    expect(notices).toMatchObject([{ _tag: 'record-failed', recordId: 'in-0-1', policy: 'deadLetter(dead)' }])
    for (const words of [
      `the ${part} of record 'in-0-1' is not ${name}`,
      name === 'picky' ? 'I do not read that' : 'a word',
    ])
      expect(notices[0]?.message).toContain(words)
    expect(await valuesOf(w, dead)).toMatchObject([
      {
        source: { topic: 'in', offset: 1 },
        error: { report: [expect.stringContaining(name === 'picky' ? 'not read' : 'a word')] },
      },
    ])
    await w.while(running.stop())
  })

  it('on decoding ends a reading by name, is left out, or is told of', async () => {
    const w = await world()
    await w.while(
      w.millrace.send(plain, [
        { ...good, partition: 0 },
        { ...bad, partition: 0 },
        { ...good, partition: 0 },
      ]),
    )
    const seen: string[] = []
    const reading = (async () => {
      for await (const { value } of w.millrace.read(of, { until: 'latest' })) seen.push(value)
    })()
    const error: unknown = await w.while(
      reading.then(
        () => undefined,
        (reason: unknown) => reason,
      ),
    )
    expect(seen).toEqual(['good'])
    expect(error).toBeInstanceOf(UnreadableRecord)
    for (const words of [part, "record 'in-0-1'", name, 'onUnreadable'])
      expect((error as Error).message).toContain(words)
    const told: unknown[] = []
    const rest: string[] = []
    const readOn = async () => {
      for await (const { value } of w.millrace.read(of, { until: 'latest', onUnreadable: (e) => told.push(e.part) }))
        rest.push(value)
    }
    await w.while(readOn())
    expect([told, rest]).toEqual([[part], ['good', 'good']])
  })
})

describe('a store whose codec throws', () => {
  it('fails the record alone, and keeps its state', async () => {
    const w = await world()
    const last = store('last', { key: text, value: picky })
    const records = ['a', 'bad', 'b'].map((value) => ({ key: 'k', value, partition: 0 }))
    await w.while(w.millrace.send(plain, records))
    const pipeline = stream(plain).pipe(
      scanByKey(last, '', (state, value) => (value === 'bad' ? value : `${state}${value}`)),
      to(output),
    )
    const running = await w.while(w.millrace.run('p', pipeline, { onError: 'skip' }))
    const notices = noticesOf(running)
    await w.caughtUp(running)
    expect(await valuesOf(w, output)).toEqual(['a', 'ab'])
    expect(notices).toMatchObject([{ _tag: 'record-failed', recordId: 'in-0-1' }])
    expect(notices[0]?.message).toContain('I do not write that')
    await w.while(running.stop())
  })
})

describe('an output that cannot be written', () => {
  const odd: readonly (readonly [string, object, string])[] = [
    ['a timestamp that is none', { timestamp: Number.NaN }, 'has timestamp NaN'],
    ['a timestamp before time', { timestamp: -5 }, 'has timestamp -5'],
    ['a header that is text', { headers: new Map([['trace', 'x']]) }, "header 'trace' that is"],
    ['headers that are no map', { headers: { trace: 'x' } }, 'an object for headers'],
    ['no headers at all', { headers: undefined }, 'undefined for headers'],
  ]

  it.each(odd)('(%s) fails its record alone, by name', async (_what, changes, fault) => {
    for (const more of [[], [map(<A>(r: A) => r)]]) {
      const w = await world()
      const records = ['a', 'bad', 'b'].map((value) => ({ key: 'k', value, partition: 0 }))
      await w.while(w.millrace.send(plain, records))
      const changing = mapRecord((r: StreamRecord<string, string>) => (r.value === 'bad' ? { ...r, ...changes } : r))
      const pipeline = stream(plain).pipe(changing, ...(more as []), to(output))
      const running = await w.while(w.millrace.run('p', pipeline, { onError: 'skip' }))
      const notices = noticesOf(running)
      await w.caughtUp(running)
      expect(await valuesOf(w, output)).toEqual(['a', 'b'])
      expect(notices).toMatchObject([{ _tag: 'record-failed', recordId: 'in-0-1', policy: 'skip' }])
      for (const words of ["pipeline 'p'", "record 'in-0-1'", "topic 'out'", fault, ': give'])
        expect(notices[0]?.message).toContain(words)
      await w.while(running.stop())
    }
  })
})

describe('a record that is none', () => {
  const cases: readonly (readonly [string, object, readonly string[]])[] = [
    ['a timestamp that is none', { timestamp: Number.NaN }, ['record 1', "'in'", 'NaN', 'milliseconds']],
    ['a timestamp before time', { timestamp: -1 }, ['record 1', "'in'", '-1', 'milliseconds']],
    ['a header that is a number', { headers: { trace: 7 } }, ['record 1', "'in'", "'trace'", '7', 'bytes']],
    [
      'a header that is nothing',
      { headers: { trace: undefined } },
      ['record 1', "'in'", "'trace'", 'undefined', 'bytes'],
    ],
    ['headers that are text', { headers: 'trace' }, ['record 1', "'in'", '"trace" for headers', 'new Map']],
    ['headers that are a list', { headers: [['trace', 'x']] }, ['record 1', "'in'", 'an array of 1', 'new Map']],
  ]

  it.each(cases)('(%s) is refused by name, and nothing of the call is written', async (_what, odd, says) => {
    const w = await world()
    const call = [
      { key: 'k', value: 'half' },
      { key: 'k', value: 'v', ...odd },
    ] as Outgoing<string, string>[]
    const wrong = { code: 'invalid-record', kind: 'refused', says }
    await refusal(w.while(w.millrace.send(plain, call)), wrong)
    await refusal(w.while(w.millrace.transaction((tx) => tx.send(plain, call))), wrong)
    expect(await valuesOf(w, plain)).toEqual([])
    await w.while(w.millrace.send(plain, [{ key: 'k', value: 'v' }]))
    await w.while(w.millrace.flush())
    expect(await valuesOf(w, plain)).toEqual(['v'])
  })

  it('is one without a key for a compacted topic', async () => {
    const w = await world()
    const keyless: Codec<null> = { name: 'no key', encode: () => null, decode: () => ({ _tag: 'Right', right: null }) }
    const compacted = topic('latest', { key: keyless, value: text, config: { 'cleanup.policy': 'compact' } })
    await w.while(w.millrace.create(compacted))
    await refusal(w.while(w.millrace.send(compacted, [{ key: null, value: 'v' }])), {
      code: 'invalid-record',
      kind: 'refused',
      says: ['latest', 'key', 'compact'],
    })
    expect(await valuesOf(w, compacted)).toEqual([])
  })
})
