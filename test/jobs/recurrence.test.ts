import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Missed } from '../../src/contracts/delayed.ts'
import { dueSlot, missedAfterMs, nextSlot, type Recurrence, recurrenceFault } from '../../src/jobs/recurrence.ts'

const at = (text: string): number => Date.parse(text)
const shown = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString()
const daily = (missed: Missed = 'once', timeZone = 'UTC'): Recurrence => ({ cron: '0 3 * * *', timeZone, missed })

describe('the next slot', () => {
  it('is after the time that is named, by the clock of the time zone', () => {
    expect(shown(nextSlot(daily(), at('2026-05-01T02:59:59Z')))).toBe('2026-05-01T03:00:00.000Z')
    expect(shown(nextSlot(daily(), at('2026-05-01T03:00:00Z')))).toBe('2026-05-02T03:00:00.000Z')
    expect(shown(nextSlot(daily('once', 'Europe/Berlin'), at('2026-05-01T00:00:00Z')))).toBe('2026-05-01T01:00:00.000Z')
    expect(shown(nextSlot(daily('once', 'Asia/Kolkata'), at('2026-05-01T00:00:00Z')))).toBe('2026-05-01T21:30:00.000Z')
  })

  it('is there once on each day, also on those that an hour is missing from, or is there twice', () => {
    const half = { cron: '30 2 * * *', timeZone: 'Europe/Berlin', missed: 'all' } as const
    for (const [from, to] of [
      ['2026-03-27T12:00:00Z', '2026-03-31T12:00:00Z'],
      ['2026-10-23T12:00:00Z', '2026-10-27T12:00:00Z'],
    ] as const) {
      const days = new Set<string>()
      let slots = 0
      for (let slot = nextSlot(half, at(from)); slot !== undefined && slot < at(to); slot = nextSlot(half, slot)) {
        days.add(new Date(slot).toLocaleDateString('en', { timeZone: 'Europe/Berlin' }))
        slots += 1
      }
      expect([slots, days.size]).toEqual([4, 4])
    }
  })
})

const recurrences: fc.Arbitrary<Recurrence> = fc.record({
  cron: fc.constantFrom('* * * * *', '*/5 * * * *', '0 3 * * *', '*/20 * * * * *', '15 9 1 * *', '0 12 * * MON'),
  timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata'),
  missed: fc.constantFrom('skip', 'once', 'all'),
})

/** Works a recurrence off as a job does: it is looked at at these times, whatever has passed between. */
const worked = (recurrence: Recurrence, startMs: number, waits: readonly number[]) => {
  const fired: { readonly slot: number; readonly at: number }[] = []
  let slot = nextSlot(recurrence, startMs)
  let now = startMs
  for (const wait of waits) {
    now += wait
    for (let looks = 0; slot !== undefined && slot <= now && looks < 10_000; looks++) {
      const { fires, next } = dueSlot(recurrence, slot, now)
      if (fires !== undefined) fired.push({ slot: fires, at: now })
      slot = next
    }
  }
  return { fired, slot, now }
}

const starts = fc.integer({ min: at('2026-01-01'), max: at('2027-12-31') })
const pauses = fc.array(fc.oneof(fc.integer({ min: 0, max: 90_000 }), fc.integer({ min: 0, max: 7_200_000 })), {
  maxLength: 20,
})

describe('a slot that is due', () => {
  it('fires once, in order, never early, and as what was missed is dealt with', () => {
    fc.assert(
      fc.property(recurrences, starts, pauses, (recurrence, start, waits) => {
        const { fired, slot, now } = worked(recurrence, start, waits)
        for (const [index, one] of fired.entries()) {
          expect(one.slot).toBeLessThanOrEqual(one.at)
          if (index > 0) expect(one.slot).toBeGreaterThan(fired[index - 1]?.slot ?? 0)
        }
        expect(slot === undefined || slot > now).toBe(true)
        const all: number[] = []
        for (let one = nextSlot(recurrence, start); one !== undefined && one <= now; one = nextSlot(recurrence, one))
          all.push(one)
        const slots = fired.map((one) => one.slot)
        if (recurrence.missed === 'all') expect(slots).toEqual(all)
        else expect(all).toEqual(expect.arrayContaining(slots))
        if (recurrence.missed === 'skip')
          for (const one of fired) expect(one.at - one.slot).toBeLessThanOrEqual(missedAfterMs)
        // whatever was missed: the last one is there
        if (recurrence.missed === 'once') expect(slots.at(-1)).toBe(all.at(-1))
      }),
    )
  })

  it('that was missed is left out, fires once for all of them, or each does', () => {
    const late = at('2026-05-04T10:00:00Z')
    const slot = at('2026-05-01T03:00:00Z')
    expect(dueSlot(daily('skip'), slot, late)).toEqual({ fires: undefined, next: at('2026-05-05T03:00:00Z') })
    // the latest, in its turn
    const latest = at('2026-05-04T03:00:00Z')
    expect(dueSlot(daily('once'), slot, late)).toEqual({ fires: undefined, next: latest })
    expect(dueSlot(daily('once'), latest, late)).toEqual({ fires: latest, next: at('2026-05-05T03:00:00Z') })
    expect(dueSlot(daily('all'), slot, late)).toEqual({ fires: slot, next: at('2026-05-02T03:00:00Z') })
  })
})

describe('a recurrence that is none', () => {
  it.each([
    [{ cron: 7 }, /cron is text, as in '0 3 \* \* \*', and not 7/],
    [{ cron: '0 3 * *' }, /cron '0 3 \* \*' has 4 fields/],
    [{ cron: '99 3 * * *' }, /cron '99 3 \* \* \*' is none: /],
    [{ cron: '0 0 31 2 *' }, /cron '0 0 31 2 \*' has no time at all/],
    [{ cron: '0 ? * * *' }, /has a '\?'/],
    [{ timeZone: 'Europe/Berlim' }, /there is no time zone 'Europe\/Berlim'/],
    [{ missed: 'never' }, /missed is 'skip', 'once' or 'all', and not "never"/],
  ])('is named: %o', (wrong, message) => {
    expect(recurrenceFault({ ...daily(), ...wrong })).toMatch(message)
  })

  it('is not, where it is one', () => {
    fc.assert(
      fc.property(recurrences, (recurrence) => {
        expect(recurrenceFault(recurrence)).toBe(undefined)
      }),
    )
  })
})
