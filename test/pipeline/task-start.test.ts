import { ReplaySubject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { deadLetter } from '../../src/pipeline/dead-letter-policy.ts'
import { EngineCalls } from '../../src/pipeline/engine-calls.ts'
import { LiveTask } from '../../src/pipeline/live-task.ts'
import { LocalState } from '../../src/pipeline/local-state.ts'
import type { Notice } from '../../src/pipeline/notice.ts'
import { planOf } from '../../src/pipeline/plan.ts'
import { retryLater } from '../../src/pipeline/retry-later.ts'
import { parkedName, retryNeeds } from '../../src/pipeline/retry-topics.ts'
import { findTopics } from '../../src/pipeline/run-topics.ts'
import { startTask } from '../../src/pipeline/task-start.ts'
import { EmbeddedWorld } from './embedded-world.ts'
import { dead, failing, input, out, sent } from './failing-records.ts'

describe('a task that starts', () => {
  it('takes in all that waits in order, also where that is more than its store may take', async () => {
    const world = new EmbeddedWorld(1)
    const engine = await world.open()
    await world.create([input, out, dead], 1)
    const policy = retryLater({ tiers: ['1h'], ordered: true, exhausted: deadLetter(dead) })
    const pipeline = { topics: [input], operators: failing({ 0: 9 }) }
    await world.append(input, 0, sent('k', 'k', 'k'))
    world.disk.settle()
    const running = await world.run('p', pipeline, { onError: policy })
    await world.pass(500)
    await world.while(running.stop())
    const { clock, random } = world
    const { tiers, parked } = retryNeeds({ name: 'p', topics: [input] }, [policy], [])
    const plan = planOf('p', pipeline, [{ ...parked, maxBytes: 100 } as NonNullable<typeof parked>], tiers)
    const notices = new ReplaySubject<Notice>(1)
    const notice = (one: Notice): void => notices.next(one)
    const calls = new EngineCalls({ pipeline: 'p', clock, random, notice })
    const topics = await world.while(findTopics(engine, plan, calls))
    const local = new LocalState({ pipeline: 'p', directory: undefined, clock, snapshotBytes: 1e9, notice })
    const task = new LiveTask(0, plan)
    await world.while(startTask({ engine, plan, topics, calls, clock, notices, local }, task))
    expect(task.parked).toMatchObject({ records: 3, keys: 1 })
    expect(task.stores.get(parkedName)?.overfull).toMatchObject({ _tag: 'StateStoreFull', maxBytes: 100 })
  })
})
