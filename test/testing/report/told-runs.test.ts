import { beforeAll, describe, expect, it } from 'vitest'
import { mapValue, to } from '../../../operators/index.ts'
import { stream, text, topic } from '../../../src/index.ts'
import { beatsOf } from '../../../src/testing/report/beats.ts'
import { story } from '../../../src/testing/report/story.ts'
import { clusterStage } from '../../../src/testing/simulation/cluster-stage.ts'
import type { Outcome } from '../../../src/testing/simulation/plan.ts'
import { runPlan } from '../../../src/testing/simulation/run-plan.ts'

const orders = topic('orders', { key: text, value: text, partitions: 2 })
const copies = topic('copies', { key: text, value: text, partitions: 2 })

const run = (keepTrace: boolean): Promise<Outcome> =>
  runPlan({
    settle: () => new Promise((next) => setImmediate(next)),
    keepTrace,
    topics: [orders, copies],
    plan: {
      seed: 3,
      cluster: {},
      instances: 1,
      faults: [],
      input: Array.from({ length: 6 }, (_, at) => ({
        topic: 'orders',
        key: text.encode(`k${at}`),
        value: text.encode('v'),
        afterMs: 20,
      })),
    },
    app: (millrace) =>
      millrace.run(
        'copy',
        stream(orders).pipe(
          mapValue((value) => value),
          to(copies),
        ),
      ),
    stage: clusterStage((cluster, apps) => {
      cluster.world.after(cluster.supervisor, 90, 'kills', () => {
        apps.kill('app-1')
        cluster.crash(0, 'kept')
      })
      cluster.world.after(cluster.supervisor, 900, 'starts', () => cluster.start(0))
      return () => {}
    }),
    judge: () => [],
  })

describe('a run of the simulated cluster', () => {
  let told: Outcome
  beforeAll(async () => {
    told = await run(true)
  })

  it('is the same run whether somebody reads its trace or not', async () => {
    expect((await run(false)).hash).toBe(told.hash)
  })

  it.each([
    ['process', 'app-1', /^is killed$/],
    ['process', 'broker-0', /^starts$/],
    ['leadership', 'controller', /^elects broker-\d for /],
    ['leadership', 'broker-1', /^leads .* \(epoch 1\), which ends at \d+$/],
    ['group', 'app-1', /^is given orders-0, orders-1 in generation \d+ of group 'copy'$/],
    ['transaction', 'app-1', /^begins a transaction of 'pipeline\/copy\/app-1\/0' \(producer \d+, epoch \d+\)$/],
    ['transaction', 'app-1', /^adds offsets to 'pipeline\/copy\/app-1\/0': orders-\d at \d+/],
    ['transaction', 'app-1', /^has committed 'pipeline\/copy\/app-1\/0'$/],
    ['records', 'supervisor', /^sends \d+ records? to orders-\d \(sequence \d+ of producer \d+, epoch 0\)/],
    ['records', 'app-1', /^reads \d+ records? of orders-\d, \d+ to \d+$/],
  ])('tells of %s: what %s does, %s', (about, who, what) => {
    const lines = beatsOf(told.trace).filter((beat) => beat.about === about && beat.who === who)
    expect(lines.map((beat) => beat.what)).toContainEqual(expect.stringMatching(what))
  })

  it('says of every request what is in it where there is something to say', () => {
    const sent = told.trace.filter((entry) => entry._tag === 'sent' && entry.what === 'produce')
    expect(sent.length).toBeGreaterThan(0)
    for (const entry of sent) expect(entry).toHaveProperty('detail', expect.stringMatching(/^\d+ records? to /))
  })

  it('can be read on one screen', () => {
    expect(story(told).length).toBeLessThanOrEqual(50)
  })
})
