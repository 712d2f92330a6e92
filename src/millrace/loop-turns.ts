import type { Clock } from '../contracts/clock.ts'
import { systemClock, systemSettle } from './system.ts'

/** How long calls may be answered at once, one after the other, before the event loop gets its turn. */
const sliceMs = 10

let endsAtMs = 0
let turn: Promise<void> | undefined

/**
 * What a call by hand waits for behind its work; as a rule nothing. An engine in this process answers at once, so that a program
 * which makes one call after the other waits for promises alone: timers, signals and requests would wait until it has nothing left
 * to do. So the event loop, of which a process has one, gets a turn in between.
 *
 * To be asked for behind the work, and not before it: calls keep their order. Nothing where time is another than the machine's:
 * there the loop is not what brings events.
 */
export const turnDue = (clock: Clock): Promise<void> | undefined => {
  if (clock !== systemClock) return undefined
  if (turn === undefined && clock.elapsed() >= endsAtMs) turn = take()
  return turn
}

const take = async (): Promise<void> => {
  await systemSettle()
  endsAtMs = systemClock.elapsed() + sliceMs
  turn = undefined
}
