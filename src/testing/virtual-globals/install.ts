import { syncBuiltinESMExports } from 'node:module'
import { chancePatches } from './chance.ts'
import { currentLife } from './life.ts'
import { patched } from './patches.ts'
import { refusals } from './refusals.ts'
import { timePatches } from './time.ts'
import { uncaughtPatches } from './uncaught.ts'
import { watchUncovered } from './uncovered.ts'

let uses = 0
let takeOff: (() => void) | undefined

/**
 * Has the global scope ask whose code runs, for as long as somebody needs it: a simulated life gets its own time and
 * randomness and nothing of the outside, all others what there always was. The answer puts back what was there.
 *
 * **Errors** throws a `TypeError` inside of a simulated life: a simulation cannot be run in another one.
 */
export const virtualGlobals = (): (() => void) => {
  if (currentLife() !== undefined)
    throw new TypeError(
      'a simulated run was begun inside of another one, by the code that is being run: run them one after the other, from the test',
    )
  uses++
  if (takeOff === undefined) {
    const restore = patched([...timePatches(), ...chancePatches(), ...refusals(), ...uncaughtPatches()])
    const unwatch = watchUncovered()
    takeOff = () => {
      unwatch()
      restore()
    }
    syncBuiltinESMExports()
  }
  let isOver = false
  return () => {
    if (isOver) return
    isOver = true
    if (--uses > 0) return
    takeOff?.()
    takeOff = undefined
    syncBuiltinESMExports()
  }
}
