import * as E from 'fp-ts/lib/Either.js'
import { catchError, filter, NEVER, tap, throwError } from 'rxjs'
import type { Call, Engine, GroupEvent, Groups, Membership, Reader, Topics } from '../../../contracts/engine.ts'
import { partitionName } from '../../../contracts/position.ts'
import { groupEventText, positionsText, readText } from '../../../engines/simulated/message-text.ts'
import type { Process } from '../../../engines/simulated/world/process.ts'
import type { World } from '../../../engines/simulated/world/world.ts'
import type { Calls } from './calls.ts'
import { forever } from './forever.ts'
import { programProducer, programTransactions } from './program-producers.ts'
import type { Witness } from './witness.ts'

export interface ProgramParts {
  readonly engine: Engine
  readonly process: Process
  readonly world: World
  readonly witness: Witness
}

/**
 * The engine as a program has it in a process of a machine: it hears nothing any more once that is dead. What it asks for
 * and is told goes into the story, and is witnessed.
 */
export const programEngine = ({ engine, process, world, witness }: ProgramParts): Engine => {
  const calls: Calls = {
    of: (call, told) => async () => {
      if (!process.isAlive) return forever()
      const answer = await call()
      if (!process.isAlive) return forever()
      // whoever goes away calls off what it waits for
      if (E.isLeft(answer) && answer.left.code !== 'cancelled') witness.reach(answer.left.code)
      told?.(answer)
      return answer
    },
    tell: (what, about) => world.tell(process, what, about),
    witness,
    now: () => world.wallMs,
  }
  return {
    name: engine.name,
    features: engine.features,
    topics: programTopics(engine.topics, calls),
    reader: programReader(engine.reader, calls),
    groups: programGroups(engine.groups, calls, () => process.isAlive),
    producer: () => calls.of(mapped(engine.producer(), (producer) => programProducer(producer, calls))),
    transactions: (options) => {
      const { transactionalId: id } = options
      calls.tell(() => `takes over '${id}'`, 'transaction')
      return calls.of(mapped(engine.transactions(options), (producer) => programTransactions(producer, id, calls)))
    },
    close: () => calls.of(engine.close()),
  }
}

const mapped =
  <A, B>(call: Call<A>, change: (value: A) => B): Call<B> =>
  async () =>
    E.map(change)(await call())

const programTopics = (topics: Topics, { of, witness }: Calls): Topics => ({
  create: (topic) =>
    of(topics.create(topic), (answer) => {
      if (E.isRight(answer)) witness.created(topic)
    }),
  describe: (names) => of(topics.describe(names)),
  grow: (topic, partitions) => of(topics.grow(topic, partitions)),
  configure: (topic, changes) => of(topics.configure(topic, changes)),
  // it may be gone whatever is answered
  delete: (topic) => async () => {
    witness.forgetTopic(topic)
    return of(topics.delete(topic))()
  },
  deleteRecords: (before) => of(topics.deleteRecords(before)),
})

const programReader = (reader: Reader, { of, tell, witness }: Calls): Reader => ({
  fetch: (request) =>
    of(reader.fetch(request), (answer) => {
      for (const fetched of E.isRight(answer) ? answer.right : []) {
        witness.read(fetched)
        const from = request.positions.find((position) => partitionName(position) === partitionName(fetched))
        if (fetched.batches.length > 0 && from !== undefined) tell(() => readText(from, fetched), 'records')
      }
    }),
  offsets: (queries, isolation) => of(reader.offsets(queries, isolation)),
  settled: (partitions, signal) => of(reader.settled(partitions, signal)),
})

const programGroups = (groups: Groups, { of, tell, witness }: Calls, isAlive: () => boolean): Groups => ({
  join: (options) =>
    of(
      mapped(groups.join(options), (membership): Membership => {
        const told = (event: GroupEvent) =>
          tell(() => groupEventText(event, options.group, membership.token().generation), 'group')
        const events = membership.events.pipe(
          filter(isAlive),
          tap(told),
          catchError((error: unknown) => (isAlive() ? throwError(() => error) : NEVER)),
        )
        return { events, token: membership.token, leave: () => of(membership.leave()) }
      }),
    ),
  commit: (token, offsets) => async () => {
    witness.offsets.ask(token.group, offsets)
    tell(() => `commits ${positionsText(offsets)} in generation ${token.generation} of group '${token.group}'`, 'group')
    return of(groups.commit(token, offsets), (answer) => {
      if (E.isLeft(answer)) return witness.moments.failed()
      witness.offsets.answer(token.group, offsets)
      witness.moments.committed({ group: token.group, committed: offsets })
    })()
  },
  committed: (group, partitions) => of(groups.committed(group, partitions)),
  describe: (names) => of(groups.describe(names)),
  delete: (group) => async () => {
    witness.offsets.forget(group)
    witness.moments.end()
    return of(groups.delete(group))()
  },
})
