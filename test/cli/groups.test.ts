import * as fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { GroupLag } from '../../src/cli/groups/lag.ts'
import { type ResetPlace, type ResetTarget, resetStep } from '../../src/cli/groups/reset-plan.ts'
import { shownDrain, timeToDrain } from '../../src/cli/groups/time-to-drain.ts'
import type { World } from '../../src/cli/world.ts'
import { bytes } from '../../src/codec/bytes.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Engine } from '../../src/contracts/engine.ts'
import { memoryEngine } from '../../src/engines/embedded/open-url.ts'
import { openMillrace } from '../../src/millrace/open-millrace.ts'
import { systemClock, systemRandom } from '../../src/millrace/system.ts'
import { run } from '../support/cli-world.ts'
import { rightOf } from '../support/right-of.ts'

const lagAt = (atMs: number, currentOffset: number | undefined, logEndOffset: number): GroupLag => ({
  atMs,
  description: { group: 'g', state: 'Stable', assignor: 'task', members: [] },
  partitions: [
    {
      topic: 't',
      partition: 0,
      currentOffset,
      logEndOffset,
      lag: currentOffset === undefined ? undefined : logEndOffset - currentOffset,
      memberId: undefined,
    },
  ],
})

const drainOf = (earlier: GroupLag, later: GroupLag): string => {
  const drain = timeToDrain(earlier, later)
  return later.partitions.map((partition) => shownDrain(drain(partition))).join()
}

describe('TIME-TO-DRAIN', () => {
  it.each([
    ['nothing is left', lagAt(0, 5, 5), lagAt(1_000, 5, 5), '0s'],
    ['nothing was committed', lagAt(0, 5, 10), lagAt(1_000, 5, 10), '-'],
    ['there is no committed offset', lagAt(0, undefined, 10), lagAt(1_000, undefined, 10), '-'],
    ['it shrinks by 10 a second, and 50 are left', lagAt(0, 0, 60), lagAt(1_000, 20, 70), '5s'],
    ['it shrinks slowly', lagAt(0, 0, 7_201), lagAt(1_000, 1, 7_201), '2h00m'],
    ['it is as good as gone', lagAt(0, 0, 60), lagAt(1_000, 50, 60), '<1s'],
    ['more is written than is committed', lagAt(0, 0, 60), lagAt(1_000, 20, 90), 'growing'],
    ['there was one look', lagAt(0, 0, 60), lagAt(0, 0, 60), '-'],
  ])('is told where %s', (_what, earlier, later, shown) => expect(drainOf(earlier, later)).toBe(shown))
})

const target: fc.Arbitrary<ResetTarget> = fc.oneof(
  fc.constantFrom({ to: 'earliest' as const }, { to: 'latest' as const }, { to: 'current' as const }),
  fc.nat(200).map((offset) => ({ to: 'offset' as const, offset })),
  fc.integer({ min: -200, max: 200 }).map((by) => ({ to: 'shift' as const, by })),
)
const place: fc.Arbitrary<ResetPlace> = fc
  .record({ start: fc.nat(50), length: fc.nat(50), current: fc.option(fc.nat(150), { nil: undefined }) })
  .map(({ start, length, current }) => ({
    topic: 't',
    partition: 0,
    currentOffset: current,
    logStartOffset: start,
    logEndOffset: start + length,
    offsetAtTime: start + length,
  }))

describe('a reset', () => {
  it('goes to where it is told, or to the nearest end of what is there, and says so', () =>
    fc.assert(
      fc.property(target, place, (to, at) => {
        const { newOffset, askedFor } = resetStep(to, at)
        expect(newOffset).toBeGreaterThanOrEqual(at.logStartOffset)
        expect(newOffset).toBeLessThanOrEqual(at.logEndOffset)
        const { currentOffset = at.logStartOffset, logStartOffset, logEndOffset } = at
        const wanted =
          to.to === 'shift'
            ? currentOffset + to.by
            : to.to === 'offset'
              ? to.offset
              : { earliest: logStartOffset, latest: logEndOffset, current: currentOffset, time: -1 }[to.to]
        expect(askedFor ?? newOffset).toBe(wanted)
        expect(askedFor === undefined).toBe(wanted >= logStartOffset && wanted <= logEndOffset)
      }),
    ))
})

const lines = topic('lines', { key: bytes, value: text })

/** An engine that outlives the commands, with three records in it, and a member of group `live`. */
const withMember = async (): Promise<Pick<World, 'open'>> => {
  const parts = { clock: systemClock, random: systemRandom }
  const engine = rightOf(await memoryEngine({ name: 'memory:', ...parts })())
  const millrace = openMillrace({ url: 'memory:', engine, ...parts, clientId: 'test', send: {} })
  onTestFinished(() => millrace.close())
  await millrace.create(lines)
  await millrace.send(
    lines,
    ['a', 'b', 'c'].map((value) => ({ key: new Uint8Array(1), value })),
  )
  const consumer = await millrace.consumer({ topics: [lines], group: 'live', instanceId: 'worker-7' })
  while ((await consumer.poll()).length === 0);
  await consumer.commit([{ topic: 'lines', partition: 0, offset: 1 }])
  const shared: Engine = { ...engine, close: () => async () => E.right(undefined) }
  return { open: async () => shared }
}

const millrace = (line: string, world: Pick<World, 'open'>) => run(line.split(' '), world)

describe('millrace groups', () => {
  it('shows members with their partitions, and the lag', async () => {
    const world = await withMember()
    const { stdout } = await millrace('groups describe --group live --interval 0', world)
    expect(stdout).toMatch(/^group live, Stable, 1 member\n/)
    expect(stdout).toMatch(/^lines +0 +1 +3 +2 +- +\S+$/m)
  })

  it('refuses to reset and to delete a group that has members, and names them', async () => {
    const world = await withMember()
    for (const line of ['groups reset --group live --all-topics --to-latest', 'groups delete --group live']) {
      const { code, stderr } = await millrace(line, world)
      expect(code).toBe(4)
      expect(stderr).toContain('worker-7 (lines-0)')
    }
  })

  it('changes nothing without --execute, and with it what it said', async () => {
    const world = await withMember()
    const reset = 'groups reset --group new --topic lines:0 --to-offset 9 --json'
    const offset = '"partitions":[{"topic":"lines","partition":0,"currentOffset":null,"newOffset":3}]'
    const dry = await millrace(reset, world)
    expect(dry.stdout).toBe(`{"group":"new","executed":false,${offset}}\n`)
    expect(dry.stderr).toContain('lines-0 has no offset 9: the nearest is 3')
    expect((await millrace('groups list', world)).stdout).toBe('live\n')
    const done = await millrace(`${reset} --execute`, world)
    expect(done.stdout).toBe(`{"group":"new","executed":true,${offset}}\n`)
    expect((await millrace('groups list', world)).stdout).toBe('live\nnew\n')
  })

  it.each([
    ['groups reset --group g --topic lines', 2, '--to-earliest'],
    ['groups reset --group g --to-latest', 2, '--all-topics'],
    ['groups reset --group g --topic lines:7 --to-latest', 3, "not '7'"],
    ['groups reset --group g --all-topics --to-latest', 3, "no group 'g'"],
    ['groups reset --group g --topic lines --to-latest --to-earliest', 2, 'cannot be used with'],
    ['groups delete --group liv', 3, "did you mean 'live'"],
  ])('refuses %s', async (line, code, says) => {
    const ran = await millrace(line, await withMember())
    expect(ran).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(says) })
  })
})
