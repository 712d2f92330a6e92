import * as E from 'fp-ts/lib/Either.js'
import type { Call, Engine, EngineFeatures, Producer, UnsealedBatch } from '../../../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../../../contracts/failure.ts'
import type { Network, Unanswered } from '../../../engines/simulated/world/network.ts'
import type { Process } from '../../../engines/simulated/world/process.ts'

/** A process in which an engine is open, for as long as it lives. */
export interface Present {
  readonly process: Process
  readonly engine: Engine
}

export interface OutsideParts {
  readonly name: string
  readonly network: Network
  /** Whoever asks. */
  readonly from: Process
  /** The process that has the directory at the moment, or the next one that will. */
  readonly present: () => Promise<Present>
}

/** How long an answer may take. */
const patienceMs = 60_000

/**
 * The engine of a machine as somebody has it who is not in its process, and asks whatever process is there: an HTTP server
 * in the program, say, that takes input in and tells what there is.
 *
 * **Guarantees** a question is asked again where the process ends before it has answered; a send is not, and its answer
 * is `timed-out` then: nobody knows. Groups cannot be joined and transactions not be had from there.
 */
export const outsideEngine = (parts: OutsideParts): Engine => {
  const { name } = parts
  const question = <A>(what: string, work: (engine: Engine) => Call<A>): Call<A> => asking(parts, what, work, true)
  const errand = <A>(what: string, work: (engine: Engine) => Call<A>): Call<A> => asking(parts, what, work, false)
  return {
    name,
    features,
    topics: {
      create: (topic) => errand('createTopic', ({ topics }) => topics.create(topic)),
      describe: (names) => question('describeTopics', ({ topics }) => topics.describe(names)),
      grow: (topic, partitions) => errand('growTopic', ({ topics }) => topics.grow(topic, partitions)),
      configure: (topic, changes) => errand('configureTopic', ({ topics }) => topics.configure(topic, changes)),
      delete: (topic) => errand('deleteTopic', ({ topics }) => topics.delete(topic)),
      deleteRecords: (before) => errand('deleteRecords', ({ topics }) => topics.deleteRecords(before)),
    },
    reader: {
      fetch: (request) => question('fetch', ({ reader }) => reader.fetch(request)),
      offsets: (queries, isolation) => question('listOffsets', ({ reader }) => reader.offsets(queries, isolation)),
      settled: (partitions, signal) => question('listOffsets', ({ reader }) => reader.settled(partitions, signal)),
    },
    groups: {
      join: () => refused('a membership'),
      commit: (token, offsets) => errand('commitOffsets', ({ groups }) => groups.commit(token, offsets)),
      committed: (group, partitions) => question('fetchOffsets', ({ groups }) => groups.committed(group, partitions)),
      describe: (names) => question('describeGroups', ({ groups }) => groups.describe(names)),
      delete: (group) => errand('deleteGroup', ({ groups }) => groups.delete(group)),
    },
    producer: () => async () => E.right(outsideProducer(errand)),
    transactions: () => refused('a transaction'),
    close: () => async () => E.right(undefined),
  }
}

const onTheMachine = 'it is for programs that run on the machine'

const features: EngineFeatures = {
  persistence: 'it ends with the simulation',
  transactions: onTheMachine,
  groups: onTheMachine,
  'static-members': onTheMachine,
  'delete-records': true,
  grow: true,
  'topic-configs': true,
}

type Errand = <A>(what: string, work: (engine: Engine) => Call<A>) => Call<A>

/** One session in each process that it meets. */
const outsideProducer = (errand: Errand): Producer => {
  const sessions = new WeakMap<Engine, Promise<E.Either<EngineFailure, Producer>>>()
  /** Where each batch was tried first: in the session of another process it would be another batch. */
  const triedAt = new WeakMap<Uint8Array, Engine>()
  const append = (engine: Engine, batches: readonly UnsealedBatch[]) => async () => {
    for (const { bytes } of batches) {
      const first = triedAt.get(bytes) ?? engine
      if (first !== engine) return E.left(unknown('append', 'another process was asked first'))
      triedAt.set(bytes, engine)
    }
    const opening = sessions.get(engine) ?? engine.producer()()
    sessions.set(engine, opening)
    const session = await opening
    if (E.isLeft(session)) {
      sessions.delete(engine)
      return session
    }
    return session.right.append(batches)()
  }
  return {
    append: (batches) => errand('produce', (engine) => append(engine, batches)),
    close: () => async () => E.right(undefined),
  }
}

const refused =
  <A>(what: string): Call<A> =>
  async () =>
    E.left(engineFailure('unsupported', `${what} cannot be had from outside: ${onTheMachine}`))

const asking =
  <A>(parts: OutsideParts, what: string, work: (engine: Engine) => Call<A>, again: boolean): Call<A> =>
  async () => {
    for (;;) {
      const present = await parts.present()
      const answer = await once(parts, present, what, work(present.engine))
      if (typeof answer !== 'string') {
        // what is the end for the process is not the end for whoever asks from outside
        const isOver = E.isLeft(answer) && answer.left.kind === 'fatal'
        if (!isOver) return answer
        if (!again) return E.left(unknown(what, answer.left.message))
      } else if (!again) return E.left(unknown(what, answer))
    }
  }

const once = <A>(
  { network, from }: OutsideParts,
  { process }: Present,
  what: string,
  call: Call<A>,
): Promise<E.Either<EngineFailure, A> | Unanswered> =>
  new Promise((resolve) => {
    network.request<E.Either<EngineFailure, A>>(from, process, {
      what,
      timeoutMs: patienceMs,
      handle: (answer) => void call().then(answer),
      answered: resolve,
    })
  })

const unknown = (what: string, why: string): EngineFailure =>
  engineFailure('timed-out', `${what}: the process did not answer (${why}): it may have happened`)
