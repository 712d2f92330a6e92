import * as E from 'fp-ts/lib/Either.js'
import type { Call, Engine, Producer } from '../../../src/contracts/engine.ts'

/** An engine that does one thing wrong, and the laws that it breaks by that. */
export interface Planted {
  readonly what: string
  readonly breaks: readonly string[]
  readonly plant: (engine: Engine) => Engine
}

const answer =
  <A>(call: Call<A>, change: (answer: A) => A): Call<A> =>
  async () =>
    E.map(change)(await call())

/** Says that it went well, whatever happened. */
const forgive =
  (call: Call<void>): Call<void> =>
  async () => {
    await call()
    return E.right(undefined)
  }

const producers =
  (change: (producer: Producer) => Producer) =>
  (engine: Engine): Engine => ({ ...engine, producer: () => answer(engine.producer(), change) })

export const planted: readonly Planted[] = [
  {
    what: 'topics are listed in any order',
    breaks: ['topics: are listed by name, and those that do not exist are left out'],
    plant: (engine) => ({
      ...engine,
      topics: {
        ...engine.topics,
        describe: (names) => answer(engine.topics.describe(names), (all) => all.toReversed()),
      },
    }),
  },
  {
    what: 'a topic is taken for the one that was deleted',
    breaks: ['topics: are gone when deleted, and another topic under the same name'],
    plant: (engine) => ({
      ...engine,
      topics: {
        ...engine.topics,
        create: (spec) => answer(engine.topics.create(spec), (created) => ({ ...created, id: spec.name })),
        describe: (names) =>
          answer(engine.topics.describe(names), (all) => all.map((one) => ({ ...one, id: one.name }))),
      },
    }),
  },
  {
    what: 'batches are answered in another order',
    breaks: ['append: answers where each batch lies, in the order given'],
    plant: producers((producer) => ({
      ...producer,
      append: (batches) => answer(producer.append(batches), (all) => all.toReversed()),
    })),
  },
  {
    what: 'batches of one call are appended one after the other, the last first',
    breaks: ['append: answers where each batch lies, in the order given'],
    plant: producers((producer) => ({ ...producer, append: (batches) => producer.append(batches.toReversed()) })),
  },
  {
    what: 'what is not committed is read as if it were',
    breaks: [
      'transactions: that are aborted are never read as committed',
      'histories: of random programs show no anomaly',
    ],
    plant: (engine) => ({
      ...engine,
      reader: {
        ...engine.reader,
        fetch: (request) => engine.reader.fetch({ ...request, isolation: 'read_uncommitted' }),
      },
    }),
  },
  {
    what: 'the next position is one too far',
    breaks: ['fetch: answers what is there, and where the log stands'],
    plant: (engine) => ({
      ...engine,
      reader: {
        ...engine.reader,
        fetch: (request) =>
          answer(engine.reader.fetch(request), (all) =>
            all.map((one) => ({ ...one, nextOffset: one.nextOffset + (one.batches.length > 0 ? 1 : 0) })),
          ),
      },
    }),
  },
  {
    what: 'a fetch cannot be cancelled',
    breaks: ['fetch: is cancelled by its signal'],
    plant: (engine) => ({
      ...engine,
      reader: { ...engine.reader, fetch: ({ signal: _, ...request }) => engine.reader.fetch(request) },
    }),
  },
  {
    what: 'everything counts as settled at once',
    breaks: ['offsets: settle once the transactions open before them have ended'],
    plant: (engine) => ({
      ...engine,
      reader: {
        ...engine.reader,
        settled: (partitions) => async () =>
          E.right(partitions.map((partition) => ({ ...partition, offset: Number.MAX_SAFE_INTEGER }))),
      },
    }),
  },
  {
    what: 'offsets are committed at once, beside their transaction',
    breaks: [
      'transactions: carry offsets, which appear with the commit',
      'transactions: that are aborted leave the offsets as they were',
    ],
    plant: (engine) => ({
      ...engine,
      transactions: (options) =>
        answer(engine.transactions(options), (tx) => ({
          ...tx,
          sendOffsets: (token, offsets) => engine.groups.commit(token, offsets),
        })),
    }),
  },
  {
    what: 'each append is committed by itself',
    breaks: ['transactions: show nothing before their commit, and everything after'],
    plant: (engine) => ({
      ...engine,
      transactions: (options) =>
        answer(engine.transactions(options), (tx) => ({
          ...tx,
          append: (batches) => async () => {
            const appended = await tx.append(batches)()
            await tx.commit()()
            return appended
          },
        })),
    }),
  },
  {
    what: 'an abort commits',
    breaks: ['transactions: that are aborted are never read as committed'],
    plant: (engine) => ({
      ...engine,
      transactions: (options) => answer(engine.transactions(options), (tx) => ({ ...tx, abort: tx.commit })),
    }),
  },
  {
    what: 'partitions are let go of at once',
    breaks: ['groups: hand a partition over only once it was released'],
    plant: (engine) => ({
      ...engine,
      groups: {
        ...engine.groups,
        join: (options) =>
          answer(engine.groups.join(options), (membership) => {
            const subscribe = membership.events.subscribe.bind(membership.events)
            membership.events.subscribe = ((observer: { next: (event: unknown) => void }) =>
              subscribe({
                ...observer,
                next: (event) => {
                  observer.next(event)
                  if (event._tag === 'revoked') event.release()
                },
              })) as typeof membership.events.subscribe
            return membership
          }),
      },
    }),
  },
  {
    what: 'nobody asks for the generation of a commit',
    breaks: [
      'groups: rejoin with a new generation, and refuse the old one',
      'groups: refuse members of unknown names',
      'groups: refuse commits by hand while they have members',
    ],
    plant: (engine) => ({
      ...engine,
      groups: { ...engine.groups, commit: (token, offsets) => forgive(engine.groups.commit(token, offsets)) },
    }),
  },
  {
    what: 'a closed engine goes on',
    breaks: ['a closed engine: answers closed to everything', 'a closed engine: ends its memberships'],
    plant: (engine) => ({ ...engine, close: () => async () => E.right(undefined) }),
  },
]
