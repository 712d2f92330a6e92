import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/engines/simulated/faults/fault.ts'
import { clusterStage } from '../../src/testing/simulation/cluster-stage.ts'
import { ranOn } from '../support/ran-on.ts'
import type { Program } from './program.ts'
import { copy, copyAtLeastOnce, copyAtMostOnce } from './programs/pipelines.ts'

const crash: Fault = { name: 'process-crash', atMs: 0, forMs: 5_000, target: 0, extent: 1 }

/** By number: just before and after each of the next messages that are about a commit, see `atSomeMoment`. */
const moments = Array.from({ length: 2 * 12 }, (_, moment) => 1 + 2 * 24 + moment)

/** What runs come into in which the process dies, one for each moment. Every promise is kept. */
const sweep = async (program: Program): Promise<ReadonlySet<string>> => {
  const reached = new Set<string>()
  for (const moment of moments) {
    const outcome = await ranOn(clusterStage(), program, { tape: { process: [moment] }, faults: [crash] })
    expect({ moment, violations: outcome.violations }).toEqual({ moment, violations: [] })
    for (const situation of outcome.reached) reached.add(situation)
  }
  return reached
}

const beside = (messages: readonly string[]): readonly string[] =>
  messages.flatMap((message) => [`crash before ${message}`, `crash after ${message}`])

describe('a process that dies', () => {
  it.each([
    ['exactly once', copy, ['initProducerId', 'produce', 'commitOffsetsInTransaction', 'endTransaction']],
    ['at least once', copyAtLeastOnce, ['produce', 'commitOffsets']],
    ['at most once', copyAtMostOnce, ['produce', 'commitOffsets']],
  ] as const)('does so beside every message around a commit: %s', async (_, program, messages) => {
    const reached = await sweep(program)
    expect([...reached]).toEqual(expect.arrayContaining([...beside(messages)]))
  })
})
