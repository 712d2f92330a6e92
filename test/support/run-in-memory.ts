import { filter, firstValueFrom } from 'rxjs'
import type { AnyTopic } from '../../src/contracts/topic.ts'
import { connect, type Pipeline, type Topics } from '../../src/index.ts'

/** A record before it has a place: topic, key and value. */
export interface Sent {
  readonly topic: string
  readonly key: unknown
  readonly value: unknown
}

/** What `pipeline` writes to `outputs`, topic by topic, when it runs over `input` on an engine in memory. */
export const runInMemory = async (
  pipeline: Pipeline<Topics, unknown>,
  input: readonly Sent[],
  outputs: readonly AnyTopic[],
): Promise<readonly Sent[]> => {
  const millrace = await connect('memory:')
  try {
    await millrace.create(...pipeline.topics, ...outputs)
    for (const { topic: name, key, value } of input)
      for (const topic of pipeline.topics) if (topic.name === name) await millrace.send(topic, [{ key, value }])
    const running = await millrace.run('example', pipeline)
    await firstValueFrom(running.progress$.pipe(filter(({ records }) => records === input.length)))
    await running.stop()
    const written: Sent[] = []
    for (const topic of outputs)
      for await (const { key, value } of millrace.read(topic, { until: 'latest' }))
        written.push({ topic: topic.name, key, value })
    return written
  } finally {
    await millrace.close()
  }
}
