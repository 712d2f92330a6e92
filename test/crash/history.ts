import type { Position } from '../../src/contracts/position.ts'
import type { Act, Outcome, Told } from './told.ts'

/** An act, and what is known of its end. */
export interface Deed {
  readonly act: Act
  /** `open`: its end was never told. */
  readonly how: Outcome | 'open'
  /** The offset of each record, where that was answered. */
  readonly at: readonly number[]
  /** The power went before anybody had made it durable: any part of it may be gone. */
  readonly isExposed: boolean
}

/** All that a directory's programs have told, one life after the other. */
export interface History {
  /** In the order in which they began. */
  readonly deeds: readonly Deed[]
  /** How far groups were seen to have committed. */
  readonly reached: readonly { readonly group: string; readonly positions: readonly Position[] }[]
  readonly failures: readonly { readonly code: string; readonly message: string }[]
  /** How long each opening took. */
  readonly openingsMs: readonly number[]
}

/** Puts together what was told. */
export const historyOf = (told: readonly Told[]): History => {
  const deeds = new Map<string, Deed>()
  const reached: History['reached'][number][] = []
  const failures: History['failures'][number][] = []
  const openingsMs: number[] = []
  for (const one of told)
    switch (one.tag) {
      case 'begun':
        deeds.set(one.id, { act: one.act, how: 'open', at: [], isExposed: false })
        break
      case 'ended': {
        const deed = deeds.get(one.id)
        if (deed === undefined) throw new Error(`${one.id} has ended and never began`)
        deeds.set(one.id, { ...deed, how: one.how, at: one.at ?? [] })
        break
      }
      case 'reached':
        reached.push({ group: one.group, positions: one.positions })
        break
      case 'failed':
        failures.push({ code: one.code, message: one.message })
        break
      case 'opened':
        openingsMs.push(one.ms)
        break
    }
  return { deeds: [...deeds.values()], reached, failures, openingsMs }
}

/** The same after a loss of power that may have taken any of it: what was acknowledged is as good as under way. */
export const exposed = (history: History): History => ({
  ...history,
  deeds: history.deeds.map((deed) => ({ ...deed, how: deed.how === 'done' ? 'open' : deed.how, isExposed: true })),
  reached: [],
})

/** One after the other. */
export const followed = (first: History, then: History): History => ({
  deeds: [...first.deeds, ...then.deeds],
  reached: [...first.reached, ...then.reached],
  failures: [...first.failures, ...then.failures],
  openingsMs: [...first.openingsMs, ...then.openingsMs],
})

/** Reads what a program has written down, a line of JSON each; a line that its death has cut short was not told. */
export const toldIn = (text: string): Told[] => text.split('\n').flatMap((line) => parsed(line) ?? [])

const parsed = (line: string): Told | undefined => {
  try {
    return JSON.parse(line) as Told
  } catch {
    return undefined
  }
}
