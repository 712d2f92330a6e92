import { describe, expect, it } from 'vitest'
import { MachineDriver } from '../../src/engines/machine-driver.ts'

/** A machine that notes what it is told, asks for what follows from it, and wants to hear of the time it was told. */
const driven = () => {
  const told: string[] = []
  const timers: { readonly at: number; readonly ring: () => void; isOff: boolean }[] = []
  const driver: MachineDriver<number, string, string> = new MachineDriver<number, string, string>({
    initial: Number.POSITIVE_INFINITY,
    step: (deadline, command) => {
      told.push(command)
      const [what, value] = command.split(' ')
      if (what === 'wait') return [Number(value), []]
      return what === 'twice' ? [deadline, ['a', 'b']] : [deadline, []]
    },
    perform: (effect) => {
      told.push(`performs ${effect}`)
      driver.do(`after ${effect}`)
    },
    deadline: (deadline) => deadline,
    tick: () => 'tick',
    wakeAt: (at, ring) => {
      const timer = { at, ring, isOff: false }
      timers.push(timer)
      return () => {
        timer.isOff = true
      }
    },
  })
  return { driver, told, timers, on: () => timers.filter(({ isOff }) => !isOff).map(({ at }) => at) }
}

describe('what drives a machine', () => {
  it('performs all effects of a command before the next one, whoever gives that', () => {
    const { driver, told } = driven()
    driver.do('twice')
    expect(told).toEqual(['twice', 'performs a', 'performs b', 'after a', 'after b'])
  })

  it('wakes it at the time it wants to hear of, as it is after the last command', () => {
    const { driver, told, timers, on } = driven()
    expect(on()).toEqual([])
    driver.do('wait 5')
    driver.do('wait 3')
    expect(on()).toEqual([3])
    expect(driver.state).toBe(3)
    timers.at(-1)?.ring()
    expect(told.at(-1)).toBe('tick')
    driver.do('wait Infinity')
    expect(on()).toEqual([])
  })

  it('does not wake it any more once it is stopped, and still does what it is told', () => {
    const { driver, told, on } = driven()
    driver.do('wait 5')
    driver.stop()
    expect(on()).toEqual([])
    driver.do('wait 7')
    expect(on()).toEqual([])
    expect(told.at(-1)).toBe('wait 7')
  })
})
