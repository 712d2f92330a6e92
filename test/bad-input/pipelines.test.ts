import { describe, expect, it } from 'vitest'
import { mapAsync } from '../../operators/map-async.ts'
import { to } from '../../operators/to.ts'
import { MillraceError, type Running, type RunOptions, stream, text, topic } from '../../src/index.ts'
import { DrivenMillrace, failOnUnheardErrors, noticesOf, refusal } from '../support/bad-input.ts'

failOnUnheardErrors()

const input = topic('in', { key: text, value: text, partitions: 2 })
const output = topic('out', { key: text, value: text, partitions: 2 })
const copying = stream(input).pipe(to(output))

const world = async (): Promise<DrivenMillrace> => {
  const w = await DrivenMillrace.open()
  await w.while(w.millrace.create(input, output))
  return w
}

const send = (w: DrivenMillrace, ...values: readonly string[]) =>
  w.while(
    w.millrace.send(
      input,
      values.map((value, at) => ({ key: value, value, partition: at % 2 })),
    ),
  )

const valuesOf = async (w: DrivenMillrace, of: typeof input | typeof output): Promise<string[]> => {
  const values: string[] = []
  const read = async () => {
    for await (const { value } of w.millrace.read(of as typeof input, { until: 'latest' })) values.push(value)
  }
  await w.while(read())
  return values.sort()
}

const run = (w: DrivenMillrace, options: RunOptions<[typeof input]> = {}): Promise<Running> =>
  w.while(w.millrace.run('p', copying, options))

/** What a run ends with. */
const endOf = (w: DrivenMillrace, running: Running): Promise<unknown> =>
  w.while(
    running.done.then(
      () => 'stopped',
      (error: unknown) => error,
    ),
  )

describe('a topic that is deleted under a running pipeline', () => {
  it('that reads it ends the run by name; made again it is another, and read from its beginning', async () => {
    const w = await world()
    await send(w, 'old a', 'old b')
    const running = await run(w)
    await w.caughtUp(running)
    const end = endOf(w, running)
    await w.while(w.millrace.delete(input))
    const failure = await end
    expect(failure).toMatchObject({ code: 'unknown-topic', kind: 'refused' })
    expect((failure as Error).message).toContain("there is no topic 'in': create it")
    await w.while(w.millrace.create(input))
    await send(w, 'new a', 'new b', 'new c')
    const again = await run(w)
    await w.caughtUp(again)
    expect(await valuesOf(w, output)).toEqual(['new a', 'new b', 'new c', 'old a', 'old b'])
    await w.while(again.stop())
  })

  it('that writes to it ends the run by name, and what it had done is done again', async () => {
    const w = await world()
    await send(w, 'a')
    const running = await run(w)
    await w.caughtUp(running)
    await w.while(w.millrace.delete(output))
    await send(w, 'b', 'c')
    const end = await endOf(w, running)
    expect(end).toMatchObject({ code: 'unknown-topic', kind: 'refused' })
    expect((end as Error).message).toContain("there is no topic 'out': create it")
    await w.while(w.millrace.create(output))
    const again = await run(w)
    await w.caughtUp(again)
    expect(await valuesOf(w, output)).toEqual(['b', 'c'])
    await w.while(again.stop())
  })

  it('ends a reading of it by name', async () => {
    const w = await world()
    await send(w, 'a')
    const seen: string[] = []
    const reading = (async () => {
      for await (const { value } of w.millrace.read(input)) seen.push(value)
    })()
    const refused = refusal(reading, { code: 'unknown-topic', kind: 'refused', says: ["'in'", 'create'] })
    await w.until(() => seen.length === 1)
    await w.while(w.millrace.delete(input))
    await refused
    expect(seen).toEqual(['a'])
  })

  it('and made again, takes what is sent to it', async () => {
    const w = await world()
    await send(w, 'a')
    await w.while(w.millrace.delete(input))
    await refusal(send(w, 'b'), { code: 'unknown-topic', kind: 'refused', says: ["'in'"] })
    await w.while(w.millrace.create(input))
    await send(w, 'c')
    expect(await valuesOf(w, input)).toEqual(['c'])
  })
})

describe('instances of one pipeline', () => {
  it('share its tasks; those that are too many are told so, and take over', async () => {
    const w = await world()
    const instances = [await run(w), await run(w), await run(w)]
    const notices = instances.map(noticesOf)
    await w.until(() => notices.some((told) => told.length > 0))
    await w.clock.advance(5_000)
    const idle = notices.findIndex((told) => told.length > 0)
    expect(notices.filter((told) => told.length > 0)).toHaveLength(1)
    const [told] = notices[idle] ?? []
    expect(told).toMatchObject({ _tag: 'no-task', members: 3 })
    for (const words of ["pipeline 'p'", '2 tasks', '3 instances', 'More partitions'])
      expect(told?.message).toContain(words)
    await send(w, 'a', 'b', 'c', 'd')
    const busy = instances.filter((_, at) => at !== idle)
    for (const one of busy) await w.caughtUp(one)
    await Promise.all(busy.map((one) => w.while(one.stop())))
    await send(w, 'e', 'f')
    await w.caughtUp(instances[idle] as Running)
    expect(await valuesOf(w, output)).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
    await w.while((instances[idle] as Running).stop())
  })

  it('of one name refuse one another where the name was given', async () => {
    const w = await world()
    const first = await run(w, { instance: 'left' })
    await expect(run(w, { instance: 'left' })).rejects.toThrow(
      "pipeline 'p' is running as instance 'left' already: give the other another name, or none",
    )
    await send(w, 'a')
    await w.caughtUp(first)
    await w.while(first.stop())
    const second = await run(w, { instance: 'left' })
    await w.while(second.stop())
    expect(await valuesOf(w, output)).toEqual(['a'])
  })
})

describe('options that are none', () => {
  const cases: readonly (readonly [object, string])[] = [
    [{ concurency: 3 }, "there is no option 'concurency'"],
    [{ concurrency: 0 }, 'concurrency is a whole number of at least 1, and not 0'],
    [{ guarantee: 'exactly once' }, 'guarantee "exactly once" is none'],
    [{ rate: 'fast' }, 'fast'],
    [{ onError: 'ignore' }, 'ignore'],
    [{ onError: { policies: ['skip'] } }, 'onError'],
    [{ instance: 'a/b' }, 'a/b'],
    [{ uses: ['orders'] }, 'uses'],
    [{ timeLimitMs: Number.NaN }, 'timeLimitMs'],
  ]

  it.each(cases)('%j are refused before anything runs', async (options, words) => {
    const w = await world()
    const error: unknown = await run(w, options as RunOptions<[typeof input]>).then(
      (running) => w.while(running.stop()),
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(Error)
    expect((error as Error).message).toContain(words)
    expect(await w.while(w.millrace.groups('p'))).toEqual([])
    // nothing is left behind that would be in the way
    await w.while((await run(w)).stop())
  })

  it.each(['', 'a/b', 'a--b', 'a-', 'x'.repeat(200), 'ümlaut'])("the name '%s' is none", async (name) => {
    const w = await world()
    await refusal(w.while(w.millrace.run(name, copying)), {
      code: 'invalid-name',
      kind: 'refused',
      says: [`not '${name}'`, 'letters, digits', 'rename'],
    })
  })
})

describe('close() with everything under way', () => {
  it('ends it all: what was acknowledged is there, nobody waits for ever, and nothing is heard afterwards', async () => {
    const w = await world()
    await send(w, 'a', 'b')
    const stuck = stream(input).pipe(
      mapAsync((value: string) => (value === 'b' ? new Promise<string>(() => undefined) : Promise.resolve(value))),
      to(output),
    )
    const running = await w.while(w.millrace.run('p', stuck))
    const started = w.millrace.run('q', copying)
    const sending = w.millrace.send(input, [{ key: 'c', value: 'c', partition: 0 }])
    const ends: string[] = []
    const note = (what: string, promise: Promise<unknown>) =>
      promise.then(
        () => ends.push(`${what} ended`),
        (error: unknown) => ends.push(`${what} ${error instanceof MillraceError ? error.code : error}`),
      )
    const all = [
      note(
        'read',
        (async () => {
          for await (const _ of w.millrace.read(input));
        })(),
      ),
      note(
        'observe',
        new Promise<void>((complete, error) => {
          w.millrace.observe(output).subscribe({ complete, error })
        }),
      ),
      note(
        'transaction',
        w.millrace.transaction(async (tx) => {
          await tx.send(input, [{ key: 'x', value: 'x' }])
          await new Promise((resolve) => w.clock.after(30_000, () => resolve(undefined)))
        }),
      ),
      note('start', started),
      note('send', sending),
      note('run', running.done),
    ]
    const consumer = await w.while(w.millrace.consumer({ topics: [input], group: 'g' }))
    all.push(note('poll', consumer.poll({ timeoutMs: 60_000 })))
    await w.clock.advance(100)
    const closing = w.millrace.close()
    await w.clock.advance(60_000)
    await w.while(closing)
    await w.while(Promise.all(all))
    expect(ends.toSorted()).toEqual([
      'observe ended',
      'poll ended',
      'read ended',
      'run ended',
      'send ended',
      'start ended',
      'transaction closed',
    ])
  })

  it('ends what was only about to begin', async () => {
    const w = await world()
    await send(w, 'a', 'b')
    const ends: string[] = []
    const note = (promise: Promise<unknown>) =>
      promise.then(
        () => ends.push('done'),
        (error: unknown) => ends.push(error instanceof MillraceError ? error.code : String(error)),
      )
    const all = [
      note(w.millrace.run('p', copying)),
      note(w.millrace.consumer({ topics: [input], group: 'g' })),
      note(w.millrace.transaction((tx) => tx.send(input, [{ key: 'x', value: 'x' }]))),
      note(w.millrace.read(input, { until: 'latest' }).next()),
      note(w.millrace.close()),
    ]
    await w.while(Promise.all(all))
    await w.clock.advance(60_000)
    for (const end of ends) expect(['done', 'closed']).toContain(end)
    expect(w.clock.pending).toBe(0)
  })
})
