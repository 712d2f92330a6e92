import { Observable } from 'rxjs'
import { refuseArgument, requireDelayed, requireName, requireTopic, requireTopics } from '../codec/arguments.ts'
import { refuseUnknownOptions } from '../codec/known-options.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Engine } from '../contracts/engine.ts'
import { engineFailure, MillraceError } from '../contracts/failure.ts'
import type { Random } from '../contracts/random.ts'
import { settle } from '../contracts/settle.ts'
import type { StreamRecord } from '../contracts/stream-record.ts'
import type { Topic } from '../contracts/topic.ts'
import { requireLetters } from '../pipeline/dead-letter-policy.ts'
import { type Running, runPipeline } from '../pipeline/run.ts'
import { lettersOf } from '../retry/letters.ts'
import { checkRun, checkSend, checkStop, checkTransaction } from './check-calls.ts'
import { checkPosition } from './check-positions.ts'
import { checkConsumer, checkReading } from './check-reading.ts'
import { type Consumer, openConsumer } from './consumer.ts'
import { JobsOffice } from './jobs-office.ts'
import { turnDue } from './loop-turns.ts'
import type { Millrace } from './millrace.ts'
import { type ReadOptions, readBatches } from './read.ts'
import { Routes } from './routes.ts'
import { Sender, type SendOptions } from './sender.ts'
import { settlePatiently } from './settle-patiently.ts'
import { createTopics, describeTopics, refuseToLeaveState, refuseToMoveKeys, refuseToShrink } from './topics.ts'
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

/** The facade over an open engine. */
export const openMillrace = ({ url, engine, clock, random, clientId, send, warn }: Parts): Millrace => {
  const routes = new Routes({ engine, random, clock })
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
    const signals = [options.signal, signal].filter((one) => one !== undefined)
    const either = signals.length === 0 ? {} : { signal: AbortSignal.any(signals) }
    return readBatches(engine, topic, { ...options, ...either, clock, lifetime: lifetime.signal })
  }

  const jobs = new JobsOffice({
    engine,
    clock,
    random,
    clientId,
    send: (topic, records) => sender.send(topic, records),
    read: (topic, options) => batches(topic, options),
    warn: (message) => warn?.(message),
  })

  const closeAll = async () => {
    lifetime.abort()
    await Promise.all(Array.from(running.keys(), (one) => one.stop({ timeoutMs: closingStopMs })))
    await jobs.close(closingStopMs)
    await Promise.all(Array.from(consumers, (one) => one.close()))
    await sender.close()
    await transactions.close()
    await settle(engine.close())
  }

  const millrace: Millrace = {
    url,
    create: async (...topics) => {
      requireTopics('create(…)', topics)
      await createTopics(engine, topics)
    },
    describe: async (...wanted) => describeTopics(engine, wanted),
    grow: async (topic, partitions, options = {}) => {
      requireTopic('grow(…)', topic)
      refuseUnknownOptions(`grow('${topic.name}', …)`, options, ['keysMayMove'])
      await refuseToShrink(engine, topic.name, partitions)
      await refuseToLeaveState(engine, clock, topic.name, partitions)
      refuseToMoveKeys(topic, partitions, options.keysMayMove ?? false)
      await settle(engine.topics.grow(topic.name, partitions))
      routes.forget(topic.name)
      await Promise.all([...Array.from(running.values(), (look) => look()), jobs.look()])
    },
    configure: async (topic, changes) => {
      requireTopic('configure(…)', topic)
      if (typeof changes !== 'object' || changes === null)
        refuseArgument(`configure('${topic.name}', …)`, 'settings', changes, "write { 'retention.ms': -1 }")
      await settle(engine.topics.configure(topic.name, changes))
      routes.forget(topic.name)
    },
    delete: async (...topics) => {
      requireTopics('delete(…)', topics)
      for (const { name } of topics) {
        await settle(engine.topics.delete(name))
        routes.forget(name)
      }
    },
    deleteRecords: async (...before) => {
      for (const position of before) checkPosition('deleteRecords(…)', position)
      return settle(engine.topics.deleteRecords(before))
    },

    send: async (topic, records) => {
      refuseWhenClosed()
      checkSend('send', topic, records)
      const sent = await sender.send(topic, records)
      await turnDue(clock)
      return sent
    },
    flush: async () => sender.flush(),
    transaction: async (work, ...more: readonly unknown[]) => {
      refuseWhenClosed()
      checkTransaction(work, more)
      try {
        return await transactions.run(work)
      } finally {
        await turnDue(clock)
      }
    },

    run: async (name, pipeline, options) => {
      refuseWhenClosed()
      checkRun(name, pipeline)
      const { look, ...run } = await runPipeline({
        engine,
        name,
        pipeline,
        clock,
        random,
        clientId,
        prepare: jobs.prepare,
        ...(options === undefined ? {} : { options }),
      })
      const stop: Running['stop'] = async (limits = {}) => {
        checkStop(name, limits)
        await run.stop(limits)
      }
      const checked = { ...run, stop }
      const one = warn === undefined ? checked : warnUnheard(checked, clock, warn)
      running.set(one, look)
      one.done
        .catch((error: unknown) =>
          warn?.(`pipeline '${name}' has ended: ${error instanceof Error ? error.message : String(error)}`),
        )
        .finally(() => running.delete(one))
      return one
    },

    jobs: (delayed) => {
      refuseWhenClosed()
      requireDelayed('jobs(…)', delayed)
      return jobs.of(delayed)
    },

    deadLetters: (topic) => {
      refuseWhenClosed()
      requireLetters('millrace.deadLetters', topic)
      return lettersOf({
        engine,
        clock,
        letters: topic,
        read: (one, reading) => batches(one, { ...reading, until: 'latest' }),
        patiently: (call, isHarmless) => settlePatiently(clock, call, isHarmless),
      })
    },

    read: (topic, options = {}) => {
      checkReading('read', topic, options)
      return flatten(batches(topic, options))
    },
    observe: (topic, options = {}) => {
      checkReading('observe', topic, options)
      return new Observable((subscriber) => {
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
      })
    },
    consumer: async (options) => {
      refuseWhenClosed()
      checkConsumer(options)
      const consumer = await openConsumer(engine, clock, options)
      consumers.add(consumer)
      const close = async () => {
        consumers.delete(consumer)
        await consumer.close()
      }
      return { ...consumer, close }
    },

    groups: async (...names) => {
      for (const name of names) requireName('groups(…)', 'names of groups one by one', name, "groups('billing')")
      return settle(engine.groups.describe(names.length === 0 ? undefined : names))
    },
    committed: async (group) => {
      requireName('committed(…)', 'the name of a group', group, "committed('billing')")
      return settle(engine.groups.committed(group))
    },
    deleteGroup: async (group) => {
      requireName('deleteGroup(…)', 'the name of a group', group, "deleteGroup('billing')")
      return settle(engine.groups.delete(group))
    },

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
