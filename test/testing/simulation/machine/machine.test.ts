import { describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../../../src/batch/batch-builder.ts'
import type { Engine, Producer } from '../../../../src/contracts/engine.ts'
import { settle } from '../../../../src/contracts/settle.ts'
import type { Process } from '../../../../src/engines/simulated/world/process.ts'
import { text, topic } from '../../../../src/index.ts'
import { systemSettle } from '../../../../src/millrace/system.ts'
import { Driver } from '../../../../src/testing/simulation/driver.ts'
import { SimulatedMachine } from '../../../../src/testing/simulation/machine/machine.ts'
import type { Violation } from '../../../../src/testing/simulation/plan.ts'
import { RunOver } from '../../../../src/testing/simulation/run-over.ts'

const words = topic('words', { key: text, value: text })

const batch = () => {
  const builder = new BatchBuilder({ compression: 'none' })
  builder.add(null, text.encode('hello'), new Map(), 1_000)
  return [{ topic: 'words', partition: 0, bytes: builder.build() }]
}

/** A machine without a program: processes open it one after the other. */
const machineWith = (mutants: SimulatedMachine['options']['mutants'] = []) => {
  const violations: Violation[] = []
  const machine = new SimulatedMachine({
    world: { seed: 1, settle: systemSettle },
    options: { mutants },
    topics: [words],
    violated: (violation) => violations.push(violation),
  })
  const { world } = machine
  const driver = new Driver(world, systemSettle)
  const drive = <A>(work: Promise<A>): Promise<A> => driver.drive(work, { forMs: 10_000, otherwise: () => 'nothing' })
  const begin = (): { readonly process: Process; readonly opened: Promise<Engine> } => {
    const process = world.spawn('app-1', 'client')
    const system = { clock: world.clockOf(process), random: world.random(process.name) }
    return { process, opened: machine.open(process, system) }
  }
  const producer = async (): Promise<Producer> => settle(machine.engine.producer())
  return { machine, violations, drive, begin, producer }
}

describe('a machine', () => {
  it('answers whoever asks from outside once a process is there, and asks the next one where that ends', async () => {
    const { machine, drive, begin } = machineWith()
    const asked = settle(machine.engine.topics.describe(['words']))
    const { process, opened } = begin()
    await drive(opened)
    process.kill()
    const next = begin()
    await drive(next.opened)
    expect((await drive(asked)).map(({ name }) => name)).toEqual(['words'])
  })

  it('does not say what became of a send whose process ended, and does not send it again', async () => {
    const { machine, drive, begin, producer } = machineWith()
    const { process, opened } = begin()
    await drive(opened)
    const producing = await producer()
    const sent = producing.append(batch())()
    machine.world.after(machine.supervisor, 0.6, 'kills', () => process.kill())
    expect(await drive(sent)).toMatchObject({ left: { code: 'timed-out', kind: 'indeterminate' } })
    await drive(begin().opened)
    const [end] = await drive(
      settle(machine.engine.reader.offsets([{ topic: 'words', partition: 0, at: 'latest' }], 'read_uncommitted')),
    )
    expect(end?.offset).toBeLessThanOrEqual(1)
    expect(await drive(producing.append(batch())())).toMatchObject({ right: [{ offset: end?.offset }] })
  })

  it('has what was acknowledged when the power is gone', async () => {
    const { machine, violations, drive, begin, producer } = machineWith()
    const { process, opened } = begin()
    await drive(opened)
    await drive(settle((await producer()).append(batch())))
    machine.disk.end('power')
    process.kill()
    await drive(begin().opened)
    expect(violations).toEqual([])
  })

  it('is at its end where it has not, and says so', async () => {
    const { machine, violations, drive, begin, producer } = machineWith(['directories-unsynced'])
    const { process, opened } = begin()
    await drive(opened)
    await drive(settle((await producer()).append(batch())))
    for (let life = process, more = 0; violations.length === 0 && more < 20; more++) {
      machine.disk.end('power')
      life.kill()
      const next = begin()
      life = next.process
      await Promise.race([drive(next.opened), systemSettle()]).catch((error: unknown) => {
        if (!(error instanceof RunOver)) throw error
      })
    }
    expect(violations).toMatchObject([{ kind: 'not-opened' }])
  })

  it('tells a dead process nothing', async () => {
    const { drive, begin } = machineWith()
    const { process, opened } = begin()
    const engine = await drive(opened)
    const told: unknown[] = []
    void engine.topics
      .describe()()
      .then((answer) => told.push(answer))
    process.kill()
    void engine.topics
      .describe()()
      .then((answer) => told.push(answer))
    await systemSettle()
    expect(told).toEqual([])
  })
})
