import { describe, expect, it } from 'vitest'
import { mapRecord, mapValue, scanByKey, tapEach, to } from '../../operators/index.ts'
import {
  bytes,
  connect,
  deadLetter,
  deadLetters,
  type Millrace,
  nullable,
  type Pipeline,
  type RunOptions,
  store,
  stream,
  type Topic,
  type Topics,
  text,
  topic,
} from '../../src/index.ts'

const input = topic('in', { key: text, value: text })
const out = topic('out', { key: text, value: text })

/** Runs `pipeline` until `over` says that it has seen enough; answers what it told. */
const run = async (
  millrace: Millrace,
  pipeline: Pipeline<Topics, unknown>,
  options: RunOptions,
  over: (records: number, told: readonly string[]) => boolean,
): Promise<readonly string[]> => {
  const running = await millrace.run('p', pipeline, options)
  const told: string[] = []
  let records = 0
  const look = () => over(records, told) && void running.stop()
  running.errors$.subscribe(({ message }) => {
    told.push(message)
    look()
  })
  running.progress$.subscribe((progress) => {
    records = progress.records
    look()
  })
  await running.done
  return told
}

const opened = async (...values: string[]): Promise<Millrace> => {
  const millrace = await connect('memory:')
  await millrace.create(input, out)
  await millrace.send(
    input,
    values.map((value, i) => ({ key: `k${i}`, value, headers: { h: 'as sent' } })),
  )
  return millrace
}

const read = async <K, V>(millrace: Millrace, from: Topic<K, V>) => {
  const records = []
  for await (const record of millrace.read(from, { until: 'latest' })) records.push(record)
  return records
}

describe('what a record writes', () => {
  it('fails by name where its state is more than the changelog takes, and leaves neither output nor state', async () => {
    const millrace = await opened('a', 'large', 'b')
    const seen = store('seen', { key: text, value: text })
    const pipeline = stream(input).pipe(
      scanByKey(seen, '', (_, value) => (value === 'large' ? 'x'.repeat(2_000_000) : value)),
      mapValue((state) => state.slice(0, 9)),
      to(out),
    )
    const told = await run(millrace, pipeline, { onError: 'skip' }, (records) => records === 3)
    expect(told).toEqual([expect.stringMatching(/StateTooLarge: record 'in-0-1' .*'seen'.* 2000\d+ bytes .* 1048588/)])
    expect((await read(millrace, out)).map(({ value }) => value)).toEqual(['a', 'b'])
    await millrace.close()
  })

  it('fails by name without a key for a compacted topic, sent or written by a pipeline', async () => {
    const millrace = await opened('a', 'b')
    const compacted = topic('compacted', {
      key: nullable(text),
      value: text,
      config: { 'cleanup.policy': 'compact' },
    })
    await millrace.create(compacted)
    const pipeline = stream(input).pipe(
      mapRecord((r) => ({ ...r, key: r.value === 'a' ? null : r.key })),
      to(compacted),
    )
    const told = await run(millrace, pipeline, { onError: 'skip' }, (records) => records === 2)
    expect(told).toEqual([expect.stringMatching(/record 'in-0-0' writes to topic 'compacted' has no key/)])
    await expect(millrace.send(compacted, [{ key: null, value: 'c' }])).rejects.toMatchObject({
      code: 'invalid-record',
      message: expect.stringContaining("record 0 for topic 'compacted' has no key"),
    })
    expect((await read(millrace, compacted)).map(({ value }) => value)).toEqual(['b'])
    await millrace.close()
  })

  it.each([
    ['the run', { outputBytesMax: 50 }, {}, /outputBytesMax is 50/],
    ['its topic', {}, { 'max.message.bytes': 100 }, /topic 'dead', which takes 100/],
  ])('halts its record by name where its dead letter is too large for %s', async (_, options, config, says) => {
    const millrace = await opened('a')
    const dead = deadLetters('dead')
    await millrace.create(dead)
    await millrace.configure(dead, config)
    const fails = tapEach(() => {
      throw new Error('no')
    })
    const onError = deadLetter(dead)
    const told = await run(millrace, stream(input).pipe(fails), { ...options, onError }, (_r, all) => all.length === 2)
    expect(told[0]).toMatch(says)
    expect(told[1]).toContain("record 'in-0-0' failed (2)")
    await millrace.close()
  })

  it('is not changed by what is done to its bytes afterwards, nor does a change last to the next attempt', async () => {
    const millrace = await opened('a')
    const raw = topic('raw', { key: text, value: bytes })
    await millrace.create(raw)
    const headers: string[] = []
    const pipeline = stream(input).pipe(
      mapRecord((r) => ({ ...r, value: new Uint8Array([1, 2, 3]) })),
      to(raw),
      tapEach((r) => {
        const header = r.headers.get('h')
        headers.push(new TextDecoder().decode(header))
        header?.fill(0)
        r.value.fill(0)
        if (headers.length < 2) throw new Error('again')
      }),
    )
    await run(millrace, pipeline, {}, (records) => records === 1)
    expect(headers).toEqual(['as sent', 'as sent'])
    const [written] = await read(millrace, raw)
    expect([...(written?.value ?? [])]).toEqual([1, 2, 3])
    expect(new TextDecoder().decode(written?.headers.get('h'))).toBe('as sent')
    await millrace.close()
  })
})
