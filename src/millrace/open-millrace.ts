import { Observable } from 'rxjs'
import type { Clock } from '../contracts/clock.ts'
import type { Engine } from '../contracts/engine.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import type { Random } from '../contracts/random.ts'
import { settle } from '../contracts/settle.ts'
import type { StreamRecord } from '../contracts/stream-record.ts'
import type { AnyTopic, Topic } from '../contracts/topic.ts'
import { type Running, runPipeline } from '../pipeline/run.ts'
import { type Consumer, openConsumer } from './consumer.ts'
import type { Millrace } from './millrace.ts'
import { checkReadOptions, type ReadOptions, readBatches } from './read.ts'
import { Routes } from './routes.ts'
import { Sender, type SendOptions } from './sender.ts'
import { createTopics, refuseToLeaveState, refuseToMoveKeys } from './topics.ts'
import { Transactions } from './transactions.ts'
import { warnUnheard } from './warn-unheard.ts'

/** What a connection is made of. */
export interface Parts {
  readonly url: string
  readonly engine: Engine
  readonly clock: Clock
  readonly random: Random
  readonly clientId: string
  readonly send: SendOptions
  /** Hears of a pipeline that cannot go on: its `done` rejects, and nobody may be looking. */
  readonly warn?: (message: string) => void
}

/** How long a pipeline may take to come to its end when everything is closed. */
const closingStopMs = 10_000

const nameOf = (topic: AnyTopic | string): string => (typeof topic === 'string' ? topic : topic.name)

/** The facade over an open engine. */
export const openMillrace = ({ url, engine, clock, random, clientId, send, warn }: Parts): Millrace => {
  const routes = new Routes(engine, random)
  const sender = new Sender({ engine, routes, clock, options: send })
  const transactions = new Transactions({ engine, routes, clock, clientId })
  const lifetime = new AbortController()
  const running = new Map<Running, () => Promise<void>>()
  // biome-ignore lint/suspicious/noExplicitAny: of any types; only closed from here
  const consumers = new Set<Consumer<any, any>>()
  let closing: Promise<void> | undefined

  const refuseWhenClosed = () => {
    if (closing !== undefined) throw new MillraceError(engineFailure('closed', `${url} is closed: connect again`))
  }
  const batches = <K, V>(topic: Topic<K, V>, options: ReadOptions, signal?: AbortSignal) => {
    refuseWhenClosed()
    checkReadOptions(topic.name, options)
    const signals = [options.signal, signal].filter((one) => one !== undefined)
    const either = signals.length === 0 ? {} : { signal: AbortSignal.any(signals) }
    return readBatches(engine, topic, { ...options, ...either, lifetime: lifetime.signal })
  }

  const closeAll = async () => {
    lifetime.abort()
    await Promise.all(Array.from(running.keys(), (one) => one.stop({ timeoutMs: closingStopMs })))
    await Promise.all(Array.from(consumers, (one) => one.close()))
    await sender.close()
    await transactions.close()
    await settle(engine.close())
  }

  const millrace: Millrace = {
    url,
    create: async (...topics) => createTopics(engine, topics),
    describe: async (...topics) => settle(engine.topics.describe(topics.length === 0 ? undefined : topics.map(nameOf))),
    grow: async (topic, partitions, options = {}) => {
      await refuseToLeaveState(engine, clock, topic.name, partitions)
      refuseToMoveKeys(topic, partitions, options.keysMayMove ?? false)
      await settle(engine.topics.grow(topic.name, partitions))
      routes.forget(topic.name)
      await Promise.all(Array.from(running.values(), (look) => look()))
    },
    configure: async (topic, config) => {
      await settle(engine.topics.configure(topic.name, config))
      routes.forget(topic.name)
    },
    delete: async (...topics) => {
      for (const { name } of topics) {
        await settle(engine.topics.delete(name))
        routes.forget(name)
      }
    },
    deleteRecords: async (...before) => settle(engine.topics.deleteRecords(before)),

    send: async (topic, records) => {
      refuseWhenClosed()
      return sender.send(topic, records)
    },
    flush: async () => sender.flush(),
    transaction: async (work) => {
      refuseWhenClosed()
      return transactions.run(work)
    },

    run: async (name, pipeline, options) => {
      refuseWhenClosed()
      const { look, ...run } = await runPipeline({
        engine,
        name,
        pipeline,
        clock,
        random,
        ...(options === undefined ? {} : { options }),
      })
      const one = warn === undefined ? run : warnUnheard(run, clock, warn)
      running.set(one, look)
      one.done
        .catch((error: unknown) =>
          warn?.(`pipeline '${name}' has ended: ${error instanceof Error ? error.message : String(error)}`),
        )
        .finally(() => running.delete(one))
      return one
    },

    read: (topic, options = {}) => flatten(batches(topic, options)),
    observe: (topic, options = {}) =>
      new Observable((subscriber) => {
        const ended = new AbortController()
        const push = async () => {
          for await (const records of batches(topic, options, ended.signal)) {
            for (const record of records) subscriber.next(record)
            if (subscriber.closed) return
          }
          subscriber.complete()
        }
        push().catch((error: unknown) => subscriber.error(error))
        return () => ended.abort()
      }),
    consumer: async (options) => {
      refuseWhenClosed()
      const consumer = await openConsumer(engine, clock, options)
      consumers.add(consumer)
      const close = async () => {
        consumers.delete(consumer)
        await consumer.close()
      }
      return { ...consumer, close }
    },

    groups: async (...names) => settle(engine.groups.describe(names.length === 0 ? undefined : names)),
    committed: async (group) => settle(engine.groups.committed(group)),
    deleteGroup: async (group) => settle(engine.groups.delete(group)),

    close: async () => {
      closing ??= closeAll()
      await closing
    },
    [Symbol.asyncDispose]: async () => millrace.close(),
  }
  return millrace
}

async function* flatten<K, V>(
  batches: AsyncIterable<readonly StreamRecord<K, V>[]>,
): AsyncGenerator<StreamRecord<K, V>, void, undefined> {
  for await (const records of batches) yield* records
}
