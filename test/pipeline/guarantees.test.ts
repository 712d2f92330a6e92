import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { mapAsync } from '../../operators/map-async.ts'
import { to } from '../../operators/to.ts'
import { int32 } from '../../src/codec/numbers.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { Call, Engine } from '../../src/contracts/engine.ts'
import { engineFailure } from '../../src/contracts/failure.ts'
import { atMostOnce } from '../../src/pipeline/at-most-once.ts'
import type { Operators } from '../../src/pipeline/chain.ts'
import { CommitLoop } from '../../src/pipeline/commit-loop.ts'
import type { CommitterSetup } from '../../src/pipeline/committer.ts'
import { newCounters } from '../../src/pipeline/counters.ts'
import { EngineCalls } from '../../src/pipeline/engine-calls.ts'
import { exactlyOnce } from '../../src/pipeline/exactly-once.ts'
import { LiveTask, type TakenPrefix } from '../../src/pipeline/live-task.ts'
import { planOf } from '../../src/pipeline/plan.ts'
import { TaskOutputs } from '../../src/pipeline/task-outputs.ts'
import { rightOf } from '../support/right-of.ts'
import { EmbeddedWorld } from './embedded-world.ts'
import { SimulatedTask } from './simulated-task.ts'

const input = topic('in', { key: text, value: int32 })
const output = topic('out', { key: text, value: int32 })
const copying = [to(output)] as unknown as Operators
const sent = [1, 2, 3, 4, 5].map((value) => ({ key: 'k', value }))
const all = sent.map(({ key, value }) => `${key}=${value}`)

type Wrap = <A>(call: Call<A>) => Call<A>

/** `engine` whose offset commits, and appends, go through `wrap`. */
const wrapped = (engine: Engine, wrap: { readonly commit?: Wrap; readonly append?: Wrap }): Engine => {
  const { commit = (call) => call, append = (call) => call } = wrap
  return {
    ...engine,
    producer: () => async () => {
      const opened = await engine.producer()()
      if (E.isLeft(opened)) return opened
      return E.right({ ...opened.right, append: (batches) => append(opened.right.append(batches)) })
    },
    groups: { ...engine.groups, commit: (token, offsets) => commit(engine.groups.commit(token, offsets)) },
  }
}

const opened = async (): Promise<EmbeddedWorld> => {
  const world = new EmbeddedWorld()
  await world.open()
  await world.create([input, output], 1)
  return world
}

const written = async (world: EmbeddedWorld): Promise<readonly string[]> => (await world.committed(output, 1)).flat()

const gate = () => {
  let open: () => void = () => undefined
  const opening = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opening }
}

describe.each(['at-least-once', 'at-most-once'] as const)('%s', (guarantee) => {
  it.each([0, 1, 2, 3, 4, 5])('holds where the run ends after %i writes', async (writes) => {
    const world = await opened()
    const sound = world.live
    let left = writes
    const ending: Wrap = (call) => async () =>
      left-- > 0 ? call() : E.left(engineFailure('storage-failed', 'the disk is gone'))
    world.engine = wrapped(sound, { commit: ending, append: ending })
    const options = { guarantee } as const
    const first = await world.run('p', { topics: [input], operators: copying }, options)
    world.engine = sound
    for (const record of sent) {
      await world.append(input, 0, [record])
      await world.pass(50)
    }
    await expect(world.while(first.done)).rejects.toMatchObject({ code: 'storage-failed' })
    const second = await world.run('p', { topics: [input], operators: copying }, options)
    await world.caughtUp(second)
    await world.while(second.stop())
    const found = await written(world)
    if (guarantee === 'at-least-once') expect([...new Set(found)]).toEqual(all)
    else expect(found).toEqual([...new Set(found)])
  })
})

describe('at-most-once', () => {
  it('skips nothing at a stop: what was fetched runs, though only one of it had begun', async () => {
    const world = await opened()
    const { open, opening } = gate()
    const operators = [mapAsync((value: number) => opening.then(() => value)), to(output)] as unknown as Operators
    const running = await world.run('p', { topics: [input], operators }, { guarantee: 'at-most-once' })
    await world.append(input, 0, sent)
    await world.pass(100)
    const stopping = running.stop()
    await world.pass(100)
    open()
    await world.while(stopping)
    expect(await written(world)).toEqual(all)
  })

  it('skips nothing at a stop while the offsets of a fetch are on their way', async () => {
    const world = await opened()
    const { open, opening } = gate()
    let commits = 0
    const sound = world.live
    const commit: Wrap = (call) => async () => {
      commits += 1
      const answer = await call()
      await opening
      return answer
    }
    world.engine = wrapped(sound, { commit })
    const running = await world.run('p', { topics: [input], operators: copying }, { guarantee: 'at-most-once' })
    await world.append(input, 0, sent)
    await world.pass(100)
    expect(commits).toBe(1)
    const stopping = running.stop()
    await world.pass(100)
    open()
    await world.while(stopping)
    expect(await written(world)).toEqual(all)
  })

  it('commits no offsets of a task that was lost before the next try', async () => {
    const world = await opened()
    const plan = planOf('p', { topics: [input], operators: copying })
    const kept = new LiveTask(0, plan)
    const lost = new LiveTask(1, plan)
    const tried: number[][] = []
    const engine: Engine = {
      ...world.live,
      groups: {
        ...world.live.groups,
        commit: (_token, offsets) => async () => {
          tried.push(offsets.map(({ partition }) => partition))
          if (tried.length > 1) return E.right(undefined)
          lost.close('lost')
          return E.left(engineFailure('rebalance-in-progress', 'not now'))
        },
      },
    }
    const { clock, random } = world
    const calls = new EngineCalls({ pipeline: 'p', clock, random, notice: () => undefined })
    const membership = { token: () => ({ group: 'p', generation: 1, memberId: 'm' }) }
    const setup = { engine, group: 'p', membership, calls, counters: newCounters(), clock }
    const committer = await world.while(atMostOnce(setup as unknown as CommitterSetup))
    const ahead = [kept, lost].map((task) => ({ task, position: { topic: 'in', partition: task.task, offset: 7 } }))
    await world.while(committer.beforeRecords(ahead))
    expect(tried).toEqual([[0, 1], [0]])
    kept.close('lost')
    await world.while(committer.beforeRecords(ahead))
    expect(tried).toHaveLength(2)
  })
})

describe('exactly-once', () => {
  it('does not take the offsets of a task that went elsewhere for a commit of its own', async () => {
    const world = new EmbeddedWorld()
    const sound = await world.open()
    await world.create([input], 2)
    const plan = planOf('p', { topics: [input], operators: copying })
    const lost = new LiveTask(0, plan)
    const kept = new LiveTask(1, plan)
    const outside = { group: 'p', generation: -1, memberId: '' }
    const at = (partition: number) => ({ topic: 'in', partition, offset: 5, metadata: '' })
    let commits = 0
    /** The first commit never arrives, and meanwhile another instance commits for the task that it has by now. */
    const commit: Wrap = (call) => async () => {
      commits += 1
      if (commits > 1) return call()
      lost.close('lost')
      rightOf(await sound.groups.commit(outside, [at(0)])())
      return E.left(engineFailure('timed-out', 'no answer'))
    }
    const engine: Engine = {
      ...sound,
      transactions: (options) => async () => {
        const opened = await sound.transactions(options)()
        if (E.isLeft(opened)) return opened
        return E.right({ ...opened.right, commit: () => commit(opened.right.commit()) })
      },
    }
    const { clock, random } = world
    const calls = new EngineCalls({ pipeline: 'p', clock, random, notice: () => undefined })
    const membership = { token: () => outside }
    const setup = { engine, group: 'p', membership, calls, counters: newCounters(), clock, topics: {} }
    const committer = await world.while(exactlyOnce({ ...(setup as unknown as CommitterSetup), transactionalId: 'p' }))
    const taken = [lost, kept].map((task): TakenPrefix => {
      const positions = new Map(task.places.map(({ source }) => [source, 5]))
      return { task, prefix: { outputs: new TaskOutputs(task.task), writes: [], positions, records: 1, bytes: 0 } }
    })
    await world.while(committer.commit(taken))
    expect(rightOf(await world.while(sound.groups.committed('p')()))).toMatchObject([
      at(0),
      { ...at(1), metadata: ' 1' },
    ])
  })
})

describe('a commit', () => {
  it('takes what is done by the tasks that are here, and of those that are lost nothing', async () => {
    const plan = planOf('p', { topics: [input], operators: copying })
    const tasks: LiveTask[] = []
    for (const number of [0, 1]) {
      const records = sent.map((record) => ({ topic: input, ...record }))
      const simulated = new SimulatedTask({ plan, task: number, input: records, concurrency: 1 })
      simulated.feed(records.length)
      const task = new LiveTask(number, plan)
      task.runner = simulated.runner
      task.state = number === 0 ? 'closed' : 'running'
      tasks.push(task)
    }
    await new Promise((next) => setImmediate(next))
    const commits: (readonly TakenPrefix[])[] = []
    const committer = {
      commit: async (taken: readonly TakenPrefix[]) => {
        commits.push(taken)
        return []
      },
      beforeRecords: () => Promise.resolve(),
      close: () => Promise.resolve(),
    }
    const loop = new CommitLoop({
      committer,
      counters: newCounters(),
      tasks: () => tasks,
      committed: () => undefined,
      refit: () => Promise.resolve(),
      failed: (error) => expect.fail(String(error)),
    })
    await loop.flush()
    expect(commits.map((taken) => taken.map(({ task }) => task.task))).toEqual([[1]])
  })
})
