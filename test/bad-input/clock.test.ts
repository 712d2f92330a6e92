import { describe, expect, it } from 'vitest'
import { mapAsync } from '../../operators/map-async.ts'
import { to } from '../../operators/to.ts'
import { type Running, stream, text, topic } from '../../src/index.ts'
import { memoryStorage } from '../../src/log/memory-storage.ts'
import { DrivenMillrace, failOnUnheardErrors, noticesOf } from '../support/bad-input.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

failOnUnheardErrors()

const hourMs = 3_600_000
const input = topic('in', { key: text, value: text })
const output = topic('out', { key: text, value: text })

const world = async (): Promise<DrivenMillrace> => {
  const w = await DrivenMillrace.open()
  await w.while(w.millrace.create(input, output))
  return w
}

const send = (w: DrivenMillrace, value: string) => w.while(w.millrace.send(input, [{ key: 'k', value }]))

interface Found {
  readonly value: string
  readonly timestamp: number
}

const recordsOf = async (
  w: DrivenMillrace,
  of: typeof input | typeof output,
  from: number | undefined = undefined,
): Promise<Found[]> => {
  const found: Found[] = []
  const read = async () => {
    const options = { until: 'latest', ...(from === undefined ? {} : { from: { timestamp: from } }) } as const
    for await (const { value, timestamp } of w.millrace.read(of as typeof input, options))
      found.push({ value, timestamp })
  }
  await w.while(read())
  return found
}

const valuesOf = async (w: DrivenMillrace, of: typeof input | typeof output, from?: number) =>
  (await recordsOf(w, of, from)).map(({ value }) => value)

describe.each([
  ['an hour back', -hourMs],
  ['an hour ahead', hourMs],
] as const)('a clock that steps %s', (_how, step) => {
  it('moves no record: offsets keep the order of the calls, timestamps say what the clock said', async () => {
    const w = await world()
    const before = w.clock.now()
    await send(w, 'before')
    w.clock.step(step)
    await send(w, 'after')
    const found = await recordsOf(w, input)
    expect(found.map(({ value }) => value)).toEqual(['before', 'after'])
    expect(Math.sign((found[1]?.timestamp ?? 0) - (found[0]?.timestamp ?? 0))).toBe(Math.sign(step))
    expect(await valuesOf(w, input, before + step - 1)).toEqual(step < 0 ? ['before', 'after'] : ['after'])
    expect(await valuesOf(w, input, before)).toEqual(['before', 'after'])
  })

  it('lets a pipeline go on: its session holds, nothing is run twice, progress and rate make sense', async () => {
    const w = await world()
    const running = await w.while(w.millrace.run('p', stream(input).pipe(to(output)), { rate: '10/s' }))
    const notices = noticesOf(running)
    const progress: { readonly perSecond: number; readonly eta: number | undefined; readonly lag: number }[] = []
    running.progress$.subscribe((one) => progress.push(one))
    for (let n = 0; n < 20; n++) await send(w, `${n}`)
    await w.clock.advance(500)
    w.clock.step(step)
    await w.caughtUp(running)
    // longer than its session
    await w.clock.advance(90_000)
    for (let n = 20; n < 30; n++) await send(w, `${n}`)
    await w.caughtUp(running)
    expect(await valuesOf(w, output)).toEqual(Array.from({ length: 30 }, (_, n) => `${n}`))
    expect(notices).toEqual([])
    for (const { perSecond, eta, lag } of progress) {
      expect(perSecond).toBeGreaterThanOrEqual(0)
      expect(perSecond).toBeLessThanOrEqual(40)
      expect(lag).toBeGreaterThanOrEqual(0)
      if (eta !== undefined) expect(eta).toBeGreaterThanOrEqual(0)
    }
    await w.while(running.stop())
  })

  it('neither hurries nor delays the time limit of a record, nor the end of a stop', async () => {
    const w = await world()
    await send(w, 'stuck')
    const stuck = stream(input).pipe(
      mapAsync(() => new Promise<string>(() => undefined)),
      to(output),
    )
    const running: Running = await w.while(w.millrace.run('p', stuck, { timeLimitMs: 60_000, slowAfterMs: 10_000 }))
    const notices = noticesOf(running)
    await w.clock.advance(1_000)
    w.clock.step(step)
    await w.clock.advance(8_000)
    expect(notices).toEqual([])
    await w.clock.advance(2_000)
    expect(notices.map(({ _tag }) => _tag)).toEqual(['record-slow'])
    await w.clock.advance(48_000)
    expect(notices).toHaveLength(1)
    await w.clock.advance(2_000)
    expect(notices.map(({ _tag }) => _tag)).toEqual(['record-slow', 'record-failed'])
    const begun = w.clock.elapsed()
    const stopping = running.stop({ timeoutMs: 5_000 })
    w.clock.step(-step)
    await w.while(stopping)
    expect(w.clock.elapsed() - begun).toBeLessThan(6_000)
  })

  it('does not make a consumer lose its group, nor its poll wait longer', async () => {
    const w = await world()
    const consumer = await w.while(w.millrace.consumer({ topics: [input], group: 'g', sessionTimeoutMs: 10_000 }))
    await send(w, 'a')
    for (let polled: readonly unknown[] = []; polled.length === 0; )
      polled = await w.while(consumer.poll({ timeoutMs: 10 }))
    const begun = w.clock.elapsed()
    const polling = consumer.poll({ timeoutMs: 3_000 })
    w.clock.step(step)
    await w.while(polling)
    expect(w.clock.elapsed() - begun).toBeLessThan(3_100)
    await w.while(consumer.commit())
    await w.while(consumer.close())
    expect(await w.while(w.millrace.committed('g'))).toMatchObject([{ offset: 1 }])
  })

  it('deletes nothing that is young: retention judges by when it was appended', async () => {
    const w = await world()
    const kept = topic('kept', { key: text, value: text, config: { 'retention.ms': 2 * hourMs, 'segment.bytes': 200 } })
    await w.while(w.millrace.create(kept))
    for (let n = 0; n < 5; n++) {
      await w.while(w.millrace.send(kept, [{ key: 'k', value: `${n} ${'x'.repeat(100)}` }]))
      w.clock.step(step / 4)
    }
    await w.clock.advance(6 * 60_000)
    expect(await valuesOf(w, kept as unknown as typeof input)).toHaveLength(5)
    await w.clock.advance(5 * hourMs)
    expect((await valuesOf(w, kept as unknown as typeof input)).length).toBeLessThan(5)
  })

  it('lets a transaction that nobody ends time out, so that readers of committed records go on', async () => {
    const w = await world()
    let open: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const hanging = w.millrace.transaction(async (tx) => {
      await tx.send(
        input,
        Array.from({ length: 200 }, () => ({ key: 'k', value: 'x'.repeat(1_000) })),
      )
      await gate
    })
    const ended = hanging.then(
      () => 'committed',
      (error: unknown) => (error as { code: string }).code,
    )
    await w.clock.advance(1_000)
    await send(w, 'behind it')
    w.clock.step(step)
    const begun = w.clock.elapsed()
    expect(await valuesOf(w, input)).toEqual(['behind it'])
    expect(w.clock.elapsed() - begun).toBeLessThan(90_000)
    open()
    expect(await w.while(ended)).not.toBe('committed')
    await w.while(w.millrace.transaction((tx) => tx.send(input, [{ key: 'k', value: 'the next' }])))
    expect(await valuesOf(w, input)).toEqual(['behind it', 'the next'])
  })
})

it('a directory that is opened an hour before it was closed is as it was, and takes more', async () => {
  const storage = memoryStorage()
  const later = await DrivenMillrace.open({ storage })
  await later.while(later.millrace.create(input, output))
  const copying = stream(input).pipe(to(output))
  await send(later, 'a')
  const first = await later.while(later.millrace.run('p', copying))
  await later.caughtUp(first)
  await later.while(later.millrace.close())
  const earlier = await DrivenMillrace.open({ storage, clock: new VirtualClock(later.clock.now() - hourMs) })
  await send(earlier, 'b')
  await earlier.while(earlier.millrace.transaction((tx) => tx.send(input, [{ key: 'k', value: 'c' }])))
  const second = await earlier.while(earlier.millrace.run('p', copying))
  await earlier.caughtUp(second)
  expect(await valuesOf(earlier, output)).toEqual(['a', 'b', 'c'])
})
