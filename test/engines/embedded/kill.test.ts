import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { fileEngine } from '../../../src/engines/embedded/open-url.ts'
import { systemClock, systemRandom } from '../../../src/millrace/system.ts'
import { ok } from '../../conformance/calls.ts'
import { valuesOf } from '../../conformance/records.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

interface Run {
  readonly path: string
  readonly durability: 'power' | 'process'
  readonly from: number
}

/** Lets the child work until it has acknowledged so many, and kills it there; answers all it has acknowledged. */
const killedAfter = async ({ path, durability, from }: Run, count: number): Promise<number[]> => {
  const script = join(import.meta.dirname, 'killed-child.ts')
  const arguments_ = ['--conditions=millrace-source', script, path, durability, `${from}`]
  const child = spawn(process.execPath, arguments_, { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = once(child, 'exit')
  const acknowledged: number[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(Number(line))
    if (acknowledged.length === count) child.kill('SIGKILL')
  }
  await gone
  return acknowledged
}

const open = ({ path, durability }: Run) =>
  ok(fileEngine({ name: path, path, durability, readOnly: false, clock: systemClock, random: systemRandom }))

for (const durability of ['power', 'process'] as const)
  describe(`an owner that is killed (${durability})`, () => {
    it('loses nothing it acknowledged, shows nothing it gave up, and keeps offsets with their outputs', async () => {
      const path = temporaryDirectory()
      const acknowledged: number[] = []
      let from = 0
      for (const count of [1, 20]) {
        acknowledged.push(...(await killedAfter({ path, durability, from }, count)))
        const engine = await open({ path, durability, from })
        const [values, others] = [await valuesOf(engine, 't', 0), await valuesOf(engine, 't', 1)]
        expect(others).toEqual(values)
        const numbers = values.map(Number)
        expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
        expect(numbers.filter((n) => n % 3 === 2)).toEqual([])
        expect(numbers).toEqual(expect.arrayContaining(acknowledged))
        const [committed] = await ok(engine.groups.committed('g'))
        expect(committed?.offset).toBe((numbers.at(-1) ?? -1) + 1)
        from = (numbers.at(-1) ?? -1) + 1
        await ok(engine.close())
      }
    })
  })
