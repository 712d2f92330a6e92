import { catchError, concatMap, EMPTY, map, type Observable, type OperatorFunction, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { to } from '../../operators/to.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import { UncarriedRecord } from '../../src/contracts/refusal.ts'
import type { AnyRecord } from '../../src/contracts/stream-record.ts'
import type { AnyTopic } from '../../src/contracts/topic.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import type { Notice } from '../../src/pipeline/notice.ts'
import type { Running } from '../../src/pipeline/run.ts'
import { EmbeddedWorld } from './embedded-world.ts'

const input = topic('in', { key: text, value: int32 })
const other = topic('other', { key: text, value: int32 })
const out = topic('out', { key: text, value: int32 })

const copied = map((record: AnyRecord): AnyRecord => structuredClone({ ...record, headers: new Map() }))
const later = concatMap(async (record: AnyRecord) => Promise.resolve(record))
const caught = catchError((): Observable<AnyRecord> => EMPTY)
const write = to(out) as unknown as OperatorFunction<AnyRecord, AnyRecord>

/** A run of its own engine, that lets records through as they are. */
const bystander = async (read: AnyTopic) => {
  const world = new EmbeddedWorld(7)
  await world.open()
  await world.create([input, other, out], 1)
  const running = await world.run('p', { topics: [read], operators: [write] as Operators })
  return { world, running, read }
}

const isOver = async ({ done }: Running): Promise<boolean> => {
  let over = false
  const end = (): void => {
    over = true
  }
  done.then(end, end)
  await new Promise(setImmediate)
  return over
}

/** Runs one record of `input` through `operators` on an engine of its own, and answers how the run ended. */
const run = async (...operators: readonly unknown[]) => {
  const world = new EmbeddedWorld()
  await world.open()
  await world.create([input, out], 1)
  await world.append(input, 0, [{ key: 'k', value: 1 }])
  const running = await world.run('p', { topics: [input], operators: operators as Operators }, { onError: 'skip' })
  const notices: Notice[] = []
  running.errors$.subscribe((notice) => notices.push(notice))
  const error: unknown = await world.while(running.done.catch((reason: unknown) => reason))
  const committed = await world.live.groups.committed('p')()
  return { error, notices, committed, written: (await world.committed(out, 1)).flat() }
}

const hidden = concatMap((record: AnyRecord) => of(record).pipe(write, caught))

describe('a refusal of a record that belongs to no task', () => {
  const ways: readonly (readonly [string, readonly unknown[]])[] = [
    ['at once', [copied, write]],
    ['at once, and caught', [copied, write, caught]],
    ['at once, in an inner observable, and caught', [copied, hidden, write]],
    ['later', [later, copied, write]],
    ['later, in an inner observable', [later, copied, concatMap((record: AnyRecord) => of(record).pipe(write))]],
  ]
  it.each(ways)(
    '%s, ends the run it happens in and no other, though they share names and operators',
    async (_, how) => {
      const { world, running } = await bystander(input)
      const { error, committed, written } = await run(...how)
      expect(error).toBeInstanceOf(UncarriedRecord)
      expect({ committed, written }).toEqual({ committed: { _tag: 'Right', right: [] }, written: [] })
      expect(await isOver(running)).toBe(false)
      await world.append(input, 0, [{ key: 'k', value: 2 }])
      await world.while(running.caughtUp())
      expect(await world.committed(out, 1)).toEqual([['k=2']])
      await world.while(running.stop())
    },
  )

  it('later, and caught, ends every run that may be the one: none goes on without the output', async () => {
    const [reader, stranger] = [await bystander(input), await bystander(other)]
    const { error } = await run(later, copied, write, caught)
    expect(error).toBeInstanceOf(UncarriedRecord)
    expect(await reader.world.while(reader.running.done.catch((reason: unknown) => reason))).toBe(error)
    // it writes to a topic of that name, and never reads records of the other
    expect(await isOver(stranger.running)).toBe(false)
    await stranger.world.while(stranger.running.stop())
  })

  it('is told as what ends the run', async () => {
    for (const how of [
      [copied, write],
      [later, copied, write],
    ]) {
      const { notices } = await run(...how)
      expect(notices).toMatchObject([{ _tag: 'record-failed', recordId: 'in-0-0', policy: 'end' }])
      expect(notices[0]?.message).toMatch(/it ends the run, whatever onError says \[end\]$/)
    }
  })
})
