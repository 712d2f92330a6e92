import { systemSettle } from '../../src/millrace/system.ts'
import { expectation } from '../../src/testing/expectations.ts'
import { judge } from '../../src/testing/judge.ts'
import { judgeMidway } from '../../src/testing/midway/judge-midway.ts'
import type { Outcome, Plan } from '../../src/testing/simulation/plan.ts'
import { runPlan } from '../../src/testing/simulation/run-plan.ts'
import type { Stage } from '../../src/testing/simulation/stage.ts'
import type { Program } from '../simulate/program.ts'
import { numbers } from '../simulate/programs/keyed-numbers.ts'

const { name: topic, key, value } = numbers('numbers')

/** Ten numbers, one each 120 ms. */
const input: Plan['input'] = Array.from({ length: 10 }, (_, at) => ({
  topic,
  key: key.encode(at % 2 === 0 ? 'a' : 'b'),
  value: value.encode(at),
  afterMs: 120,
}))

/** Makes one run, of one instance of a program that works off `numbers`, and holds it to its promises. */
export const ranOn = (
  stage: Stage,
  { options: { app, topics, expect } }: Program,
  plan: Partial<Plan> = {},
): Promise<Outcome> => {
  const expectations = [expect(expectation())].flat()
  return runPlan({
    plan: { seed: 1, cluster: {}, input, faults: [], instances: 1, ...plan },
    topics,
    app,
    settle: systemSettle,
    stage,
    judge: (evidence, atMs) => judge(expectations, topics, evidence, atMs),
    judgeMidway: (midway) => judgeMidway(expectations, topics, midway),
  })
}
