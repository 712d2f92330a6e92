import * as E from 'fp-ts/lib/Either.js'
import type { TopicDescription, Topics } from '../../../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../../../contracts/failure.ts'
import type { Position } from '../../../contracts/position.ts'
import type { Done, Refused, ReplyOf, RequestName, RequestOf, TopicView } from '../wire.ts'
import type { Answer, Connection } from './connection.ts'

/** Topics, as the controller knows them. */
export const simulatedTopics = (connection: Connection): Topics => ({
  create: (spec) =>
    connection.call(async () => {
      let isAskedAgain = false
      const created = await connection.patiently(async (): Answer<TopicView> => {
        const reply = await connection.askController('createTopic', spec)
        if (E.isLeft(reply)) {
          isAskedAgain = true
          return reply
        }
        if (reply.right._tag === 'created') return E.right(reply.right.topic)
        const { failure } = reply.right
        // an earlier request of this call may have created it, whose answer was lost
        return failure.code === 'topic-exists' && isAskedAgain ? connection.topic(spec.name) : E.left(failure)
      })
      return E.isLeft(created)
        ? created
        : E.map(() => described(created.right))(await isKnown(connection, created.right))
    }),
  describe: (names) =>
    connection.call(async () => {
      const heard = await connection.patiently(async () =>
        (await connection.refreshFromController()) ? E.right(undefined) : E.left(silent),
      )
      if (E.isLeft(heard)) return heard
      const { topics } = connection.view
      const found = names === undefined ? [...topics.values()] : names.flatMap((name) => topics.get(name) ?? [])
      return E.right(found.map(described))
    }),
  grow: (topic, partitions) =>
    connection.call(async () => {
      const grown = await change(
        connection,
        'growTopic',
        { topic, partitions },
        (failure) =>
          // it has grown already, by a request whose answer was lost
          failure.code === 'invalid-partitions',
      )
      return E.isLeft(grown) ? grown : known(connection, topic)
    }),
  configure: (topic, changes) =>
    connection.call(async () => {
      const configured = await change(connection, 'configureTopic', { topic, changes })
      return E.isLeft(configured) ? configured : known(connection, topic)
    }),
  delete: (topic) =>
    connection.call(async () => {
      const deleted = await change(connection, 'deleteTopic', { topic }, ({ code }) => code === 'unknown-topic')
      if (E.isLeft(deleted)) return deleted
      return connection.patiently(async () =>
        (await connection.refreshFromController()) ? E.right(undefined) : E.left(silent),
      )
    }),
  deleteRecords: (before) => connection.call(() => deleteRecords(connection, before)),
})

/** Changes something at the controller; `isDone` says which refusal means so, where an earlier answer was lost. */
const change = async <N extends RequestName>(
  connection: Connection,
  name: N,
  request: RequestOf<N>,
  isDone: (failure: EngineFailure) => boolean = () => false,
): Answer<void> => {
  let isAskedAgain = false
  return connection.patiently(async (): Answer<void> => {
    const reply = await connection.askController(name, request)
    if (E.isLeft(reply)) {
      isAskedAgain = true
      return reply
    }
    const answer = reply.right as ReplyOf<N> & (Done | Refused)
    if (answer._tag === 'done' || (isAskedAgain && isDone(answer.failure))) return E.right(undefined)
    return E.left(answer.failure)
  })
}

/** Waits until the topic, as it is now, is known here and has leaders. */
const isKnown = (connection: Connection, topic: TopicView): Answer<void> =>
  connection.patiently(async (): Answer<void> => {
    await connection.refreshFromController()
    const view = connection.view.topics.get(topic.name)
    const isLed = view?.id === topic.id && view.layout.every(({ leader }) => leader !== undefined)
    return isLed ? E.right(undefined) : E.left(silent)
  })

const known = async (connection: Connection, name: string): Answer<void> => {
  const topic = connection.view.topics.get(name)
  return topic === undefined ? E.right(undefined) : isKnown(connection, topic)
}

const deleteRecords = async (connection: Connection, before: readonly Position[]): Answer<readonly Position[]> => {
  const starts: Position[] = []
  for (const position of before) {
    const start = await connection.patiently(async (): Answer<Position> => {
      const leader = await connection.leader(position)
      if (E.isLeft(leader)) return leader
      const reply = await connection.ask(leader.right, 'deleteRecords', { before: [position] })
      if (E.isLeft(reply)) return reply
      const [answer] = reply.right
      if (answer === undefined) throw new Error('broken invariant: a deletion was not answered')
      return 'failure' in answer ? E.left(answer.failure) : E.right(answer)
    })
    if (E.isLeft(start)) return start
    starts.push(start.right)
  }
  return E.right(starts)
}

const described = ({ name, partitions, config, id, internal }: TopicView): TopicDescription => ({
  name,
  partitions,
  config,
  id,
  internal,
})

const silent = engineFailure('timed-out', 'the controller did not answer in time: ask again')
