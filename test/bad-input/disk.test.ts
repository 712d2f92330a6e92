import { describe, expect, it } from 'vitest'
import { mapAsync } from '../../operators/map-async.ts'
import { scanByKey } from '../../operators/scan-by-key.ts'
import { to } from '../../operators/to.ts'
import { type Storage, StorageError } from '../../src/contracts/storage.ts'
import { type Guarantee, int32, type MillraceError, store, stream, text, topic } from '../../src/index.ts'
import { memoryStorage } from '../../src/log/memory-storage.ts'
import { DrivenMillrace, failOnUnheardErrors, noticesOf, refusal } from '../support/bad-input.ts'
import { fullStorage } from '../support/full-storage.ts'

failOnUnheardErrors()

const input = topic('in', { key: text, value: text, partitions: 2, config: { 'segment.bytes': 2_000 } })
const counts = topic('counts', { key: text, value: int32, partitions: 2 })
const seen = store('seen', { key: text, value: int32 })
const counting = stream(input).pipe(
  scanByKey(seen, 0, (count) => count + 1),
  to(counts),
)
const kilobyte = 'x'.repeat(1_000)

const valuesOf = async <A>(
  w: DrivenMillrace,
  of: typeof input | typeof counts,
  partitions?: readonly number[],
): Promise<A[]> => {
  const values: unknown[] = []
  const read = async () => {
    const options = { until: 'latest', ...(partitions === undefined ? {} : { partitions }) } as const
    for await (const { value } of w.millrace.read(of as typeof input, options)) values.push(value)
  }
  await w.while(read())
  return values as A[]
}

const send = (w: DrivenMillrace, value: string, partition = 0) =>
  w.while(w.millrace.send(input, [{ key: `${partition}`, value, partition }]))

describe.each(['power', 'process'] as const)('a full disk (%s)', (durability) => {
  it('refuses to write, says what to do, reads on, loses nothing, and writes again once there is room', async () => {
    const storage = fullStorage(memoryStorage())
    const w = await DrivenMillrace.open({ storage, durability })
    await w.while(w.millrace.create(input))
    const acknowledged: string[] = []
    storage.room = 20_000
    let refused: unknown
    for (let n = 0; n < 10_000 && refused === undefined; n++) {
      const value = `${n} ${kilobyte}`
      await send(w, value).then(
        () => acknowledged.push(value),
        (error: unknown) => {
          refused = error
        },
      )
    }
    expect(refused).toMatchObject({ code: 'timed-out', kind: 'indeterminate' })
    for (const words of ['in-0', '30000 ms', 'may be written all the same', 'no space left', 'make room'])
      expect((refused as Error).message).toContain(words)
    await refusal(w.while(w.millrace.create(topic('more', { key: text, value: text }))), {
      code: 'storage-full',
      kind: 'retriable',
      says: ['make room'],
    })
    const before = await valuesOf<string>(w, input)
    expect(before.slice(0, acknowledged.length)).toEqual(acknowledged)

    storage.room = Number.POSITIVE_INFINITY
    await w.while(w.millrace.create(topic('more', { key: text, value: text })))
    await send(w, 'after')
    const after = await valuesOf<string>(w, input)
    // the one without an answer was written, once, or not at all
    expect(after).toEqual([...acknowledged, ...after.slice(acknowledged.length, -1), 'after'])
    expect(after.length).toBeLessThanOrEqual(acknowledged.length + 2)
    await w.while(w.millrace.close())
    const again = await DrivenMillrace.open({ storage, durability })
    expect(await valuesOf(again, input)).toEqual(after)
  })

  it.each(['exactly-once', 'at-least-once', 'at-most-once'] as const)(
    'makes a pipeline wait, loudly, and go on by itself as if nothing had been (%s)',
    async (guarantee: Guarantee) => {
      const storage = fullStorage(memoryStorage())
      const w = await DrivenMillrace.open({ storage, durability })
      await w.while(w.millrace.create(input, counts))
      let open: () => void = () => undefined
      const gate = new Promise<void>((resolve) => {
        open = resolve
      })
      const gated = stream(input).pipe(
        mapAsync(async (value) => gate.then(() => value)),
        scanByKey(seen, 0, (count) => count + 1),
        to(counts),
      )
      const running = await w.while(w.millrace.run('counting', gated, { guarantee }))
      const notices = noticesOf(running)
      let sent = 0
      for (; sent < 4; sent++) await send(w, `${sent}`)
      await w.clock.advance(1_000)
      storage.room = 0
      // with a journal a full disk shows once there is more than may wait in memory
      const records = durability === 'power' ? 80 : 1
      const values = Array.from({ length: records }, () => `${sent++} ${kilobyte}`)
      const sending = w.millrace.send(
        input,
        values.map((value) => ({ key: '0', value, partition: 0 })),
      )
      open()
      await w.clock.advance(5_000)
      expect(notices[0]).toMatchObject({ _tag: 'engine', failure: { code: 'storage-full', kind: 'retriable' } })
      for (const words of ["pipeline 'counting'", 'no space left', 'make room', 'trying again in'])
        expect(notices[0]?.message).toContain(words)
      storage.room = Number.POSITIVE_INFINITY
      await w.while(sending)
      await w.caughtUp(running)
      const expected = Array.from({ length: sent }, (_, n) => n + 1)
      const counted = await valuesOf<number>(w, counts)
      if (guarantee === 'at-least-once') expect([...new Set(counted)]).toEqual(expected)
      else expect(counted).toEqual(expected)
      await w.while(running.stop())
    },
  )

  it('leaves no topic half made: made again once there is room, it takes records', async () => {
    for (let room = 0; room < 1_000; room += 25) {
      const storage = fullStorage(memoryStorage())
      const w = await DrivenMillrace.open({ storage, durability })
      storage.room = room
      const failed = await w.while(
        w.millrace.create(input).then(
          () => undefined,
          (error: MillraceError) => error,
        ),
      )
      if (failed !== undefined) expect(failed).toMatchObject({ code: 'storage-full', kind: 'retriable' })
      storage.room = Number.POSITIVE_INFINITY
      expect(await w.while(w.millrace.describe(input))).toHaveLength(failed === undefined ? 1 : 0)
      await w.while(w.millrace.create(input))
      await send(w, 'a', 0)
      await send(w, 'b', 1)
      expect(await valuesOf(w, input)).toEqual(['a', 'b'])
      storage.room = room
      const short = await w.while(
        w.millrace.grow(input, 4, { keysMayMove: true }).catch((error: MillraceError) => error),
      )
      storage.room = Number.POSITIVE_INFINITY
      if (short !== undefined) {
        expect(short).toMatchObject({ code: 'storage-full', kind: 'retriable' })
        expect(await w.while(w.millrace.describe(input))).toMatchObject([{ partitions: 2 }])
        await w.while(w.millrace.grow(input, 4, { keysMayMove: true }))
      }
      await send(w, 'c', 3)
      await w.while(w.millrace.close())
      const again = await DrivenMillrace.open({ storage, durability })
      expect(await valuesOf(again, input)).toEqual(['a', 'b', 'c'])
    }
  })

  it('refuses a transaction, whole: nothing of it is seen, and the next one goes through', async () => {
    const storage = fullStorage(memoryStorage())
    const w = await DrivenMillrace.open({ storage, durability })
    await w.while(w.millrace.create(input))
    await send(w, 'before')
    const write = (value: string) =>
      w.while(
        w.millrace.transaction(async (tx) => {
          for (let n = 0; n < 300; n++)
            await tx.send(input, [{ key: 'k', value: `${value} ${kilobyte}`, partition: 0 }])
        }),
      )
    storage.room = 0
    let refused: MillraceError | undefined
    let through = 0
    for (; refused === undefined && through < 200; through++)
      await write(`${through}`).catch((error: MillraceError) => {
        refused = error
      })
    expect(refused?.message).toMatch(/no space left/)
    storage.room = Number.POSITIVE_INFINITY
    await w.clock.advance(120_000)
    await write('after')
    const values = await valuesOf<string>(w, input)
    expect(values[0]).toBe('before')
    const byTransaction = Map.groupBy(values.slice(1), (value) => value.split(' ')[0])
    for (const [, records] of byTransaction) expect(records).toHaveLength(300)
    expect(byTransaction.has('after')).toBe(true)
  })
})

describe('a corrupt segment', () => {
  /** Ten records in each partition, some of them in older segments; one byte of partition 0 is wrong. */
  const damaged = async (): Promise<{ w: DrivenMillrace; file: string; storage: Storage }> => {
    const storage = memoryStorage()
    const first = await DrivenMillrace.open({ storage })
    await first.while(first.millrace.create(input, counts))
    for (let n = 0; n < 10; n++) for (const partition of [0, 1]) await send(first, `${n} ${'y'.repeat(500)}`, partition)
    await first.while(first.millrace.close())
    const file = storage.list('in-0').filter((name) => name.endsWith('.log'))[1] ?? ''
    flip(storage, `in-0/${file}`)
    return { w: await DrivenMillrace.open({ storage }), file: `in-0/${file}`, storage }
  }
  /** Damages a file, and mends it. */
  const flip = (storage: Storage, file: string): void => {
    const opened = storage.open(file, 'write')
    const byte = new Uint8Array(1)
    opened.read(byte, 300)
    opened.write([Uint8Array.of((byte[0] ?? 0) ^ 0xff)], 300)
    opened.close()
  }
  const numbers = (values: readonly string[]) => values.map((value) => Number(value.split(' ')[0]))

  it('is named with file and position; its partition is read up to there, the other to its end', async () => {
    const { w, file } = await damaged()
    const read: number[] = []
    const reading = (async () => {
      for await (const { value } of w.millrace.read(input, { until: 'latest', partitions: [0] }))
        read.push(Number(value.split(' ')[0]))
    })()
    const corrupt = {
      code: 'corrupt-log',
      kind: 'refused',
      says: [file, 'at byte 0', 'restore the directory from a copy', 'delete the topic'],
    }
    await refusal(w.while(reading), corrupt)
    expect(read.length).toBeGreaterThan(0)
    expect(read).toEqual(Array.from({ length: read.length }, (_, n) => n))
    expect(numbers(await valuesOf(w, input, [1]))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    // read together, the other is not touched by it
    const both: number[] = []
    const readBoth = (async () => {
      for await (const { partition } of w.millrace.read(input, { until: 'latest' })) both.push(partition)
    })()
    await refusal(w.while(readBoth), corrupt)
    await send(w, 'the other goes on', 1)
  })

  it('is left behind by deleting the records up to a later offset, as its message says', async () => {
    const { w } = await damaged()
    await w.while(w.millrace.deleteRecords({ topic: 'in', partition: 0, offset: 9 }))
    expect(numbers(await valuesOf(w, input, [0]))).toEqual([9])
    await send(w, '10', 0)
    expect(numbers(await valuesOf(w, input, [0]))).toEqual([9, 10])
  })

  it.each(['the byte is as it was', 'the records up to behind it are deleted'])(
    'halts the task that comes to it, told once by name, while others go on; until %s',
    async (mended) => {
      const { w, file, storage } = await damaged()
      const running = await w.while(w.millrace.run('counting', counting))
      const notices = noticesOf(running)
      const watched = { tasks: 0, lag: 0, halted: 0, isDone: false }
      running.progress$.subscribe(({ tasks, lag }) => Object.assign(watched, { tasks, lag }))
      running.metrics$.subscribe(({ haltedTasks }) => (watched.halted = haltedTasks))
      const done = () => (watched.isDone = true)
      running.done.then(done, done)
      await send(w, 'the other goes on', 1)
      await w.clock.advance(300_000)
      const committed = async () => {
        const all = await w.while(w.millrace.committed('counting'))
        return [0, 1].map((partition) => all.find((at) => at.partition === partition)?.offset ?? 0)
      }
      const [before = 0, other] = await committed()
      expect(before).toBeLessThan(10)
      expect([other, watched]).toEqual([11, { tasks: 2, lag: 10 - before, halted: 1, isDone: false }])
      expect(notices).toMatchObject([{ _tag: 'task-halted', task: 0, failure: { code: 'corrupt-log' } }])
      for (const words of ["'counting'", 'task 0', file, 'at byte 0', 'millrace.deleteRecords'])
        expect(notices[0]?.message).toContain(words)
      if (mended === 'the byte is as it was') flip(storage, file)
      else await w.while(w.millrace.deleteRecords({ topic: 'in', partition: 0, offset: 9 }))
      await w.caughtUp(running)
      expect(watched).toMatchObject({ lag: 0, halted: 0, isDone: false })
      expect(await committed()).toEqual([10, 11])
      expect(notices.slice(1).map(({ message }) => message)).toEqual(
        mended === 'the byte is as it was'
          ? []
          : [expect.stringContaining(`records ${before} to 8 of in-0 were deleted before they were read`)],
      )
      await w.while(running.stop())
    },
  )

  it('keeps no pipeline from stopping whose task is halted', async () => {
    const { w } = await damaged()
    const running = await w.while(w.millrace.run('counting', counting))
    const notices = noticesOf(running)
    await w.until(() => notices.length > 0)
    const begun = w.clock.elapsed()
    await w.while(running.stop())
    await w.while(running.done)
    expect(w.clock.elapsed() - begun).toBeLessThan(1_000)
  })

  it('leaves a consumer its other partitions, once it pauses that one or seeks behind it', async () => {
    const { w, file } = await damaged()
    const assign = [0, 1].map((partition) => ({ topic: 'in', partition }))
    const consumer = await w.while(w.millrace.consumer({ topics: [input], group: 'g', assign }))
    const polled: number[] = []
    const poll = async () => {
      for (let n = 0; n < 20; n++)
        for (const { partition } of await w.while(consumer.poll({ timeoutMs: 10, maxBytes: 1_000 })))
          polled.push(partition)
    }
    await refusal(poll(), { code: 'corrupt-log', kind: 'refused', says: [file] })
    consumer.pause({ topic: 'in', partition: 0 })
    await poll()
    expect(polled.filter((partition) => partition === 1)).toHaveLength(10)
    await w.while(consumer.close())
  })
})

describe('a disk that fails', () => {
  /** A storage that refuses its writes, or its syncs, from some moment on. */
  const failing = (code: 'denied' | 'failed') => {
    const storage = memoryStorage()
    const state = { isFailing: false }
    const check = (path: string) => {
      if (state.isFailing)
        throw new StorageError(code, path, `cannot write ${path}: ${code === 'denied' ? 'EACCES' : 'EIO'}`)
    }
    const wrapped: Storage = {
      ...storage,
      open: (path, mode) => {
        const file = storage.open(path, mode)
        return {
          path,
          size: () => file.size(),
          read: (target, position) => file.read(target, position),
          write: (parts, position) => {
            check(path)
            file.write(parts, position)
          },
          truncate: (size) => file.truncate(size),
          sync: async () => {
            check(path)
            await file.sync()
          },
          syncNow: () => {
            check(path)
            file.syncNow()
          },
          close: () => file.close(),
        }
      },
    }
    return { storage: wrapped, state }
  }

  for (const durability of ['power', 'process'] as const)
    it.each([
      ['denied', 'storage-denied', 'right to read and write'],
      ['failed', 'storage-failed', 'open it again'],
    ] as const)(
      `(%s, ${durability}) ends all writing by name, and a pipeline with it; what is there is read; nothing hangs`,
      async (fault, code, way) => {
        const { storage, state } = failing(fault)
        const w = await DrivenMillrace.open({ storage, durability })
        await w.while(w.millrace.create(input, counts))
        await send(w, 'a')
        const running = await w.while(w.millrace.run('counting', counting))
        await w.caughtUp(running)
        const end = running.done.then(
          () => undefined,
          (reason: unknown) => reason,
        )
        state.isFailing = true
        const fatal = { code, kind: 'fatal', says: ['cannot write', way] }
        await refusal(send(w, 'b'), fatal)
        await refusal(send(w, 'c'), fatal)
        await refusal(w.while(w.millrace.transaction((tx) => tx.send(input, [{ key: 'k', value: 'd' }]))), fatal)
        await refusal(w.while(w.millrace.create(topic('more', { key: text, value: text }))), fatal)
        expect((await valuesOf<string>(w, input))[0]).toBe('a')
        await refusal(w.while(w.millrace.close()), fatal)
        expect(await w.while(end)).toSatisfy((error) => error === undefined || (error as MillraceError).code === code)
        state.isFailing = false
        const again = await DrivenMillrace.open({ storage, durability })
        expect((await valuesOf<string>(again, input))[0]).toBe('a')
        await send(again, 'e')
        const rerun = await again.while(again.millrace.run('counting', counting))
        await again.caughtUp(rerun)
        const values = await valuesOf<number>(again, counts)
        expect(values).toEqual((await valuesOf(again, input)).map((_, n) => n + 1))
        await again.while(rerun.stop())
      },
    )
})
