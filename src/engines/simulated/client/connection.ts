import * as E from 'fp-ts/lib/Either.js'
import type { Call } from '../../../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../../../contracts/failure.ts'
import { partitionName, type TopicPartition } from '../../../contracts/position.ts'
import { internalTopics } from '../../internal-topics.ts'
import { unknownPartition, unknownTopic } from '../../refusals.ts'
import { homeOf } from '../home-of.ts'
import { brokerName, controllerName, isAnswer, type Switchboard } from '../switchboard.ts'
import type { ClusterView, Refused, ReplyOf, RequestName, RequestOf, TopicView } from '../wire.ts'
import type { Unanswered } from '../world/network.ts'
import type { Process } from '../world/process.ts'
import type { World } from '../world/world.ts'

export interface ConnectionParts {
  readonly name: string
  readonly world: World
  readonly process: Process
  readonly switchboard: Switchboard
  readonly brokers: number
}

export type Answer<A> = Promise<E.Either<EngineFailure, A>>

/** How long an answer may take. */
export const requestTimeoutMs = 2_000
/** How long a call goes on where the cluster is out of reach: as Kafka's default.api.timeout.ms. */
export const callTimeoutMs = 60_000
/** How long a client pauses before it asks again, and how long at most when it has often. */
export const backoffMs = 20
export const maxBackoffMs = 500

/** Where a client's requests go, and how long it tries. */
export class Connection {
  readonly #parts: ConnectionParts
  readonly #endings = new Set<(failure: EngineFailure) => void>()
  #view: ClusterView = { version: -1, brokers: new Map(), topics: new Map() }
  #ended: EngineFailure | undefined
  #turn = 0

  constructor(parts: ConnectionParts) {
    this.#parts = parts
  }

  get world(): World {
    return this.#parts.world
  }

  get process(): Process {
    return this.#parts.process
  }

  /** The metadata as it was last heard of. */
  get view(): ClusterView {
    return this.#view
  }

  get ended(): EngineFailure | undefined {
    return this.#ended
  }

  /** A call of the engine: `closed` once it is. */
  call<A>(work: () => Answer<A>): Call<A> {
    return async () => {
      if (this.#ended !== undefined) return E.left(this.#ended)
      return new Promise((resolve, reject) => {
        const forget = this.onEnd((failure) => resolve(E.left(failure)))
        work().then(
          (answer) => {
            forget()
            resolve(answer)
          },
          (error: unknown) => {
            forget()
            reject(error)
          },
        )
      })
    }
  }

  onEnd(ending: (failure: EngineFailure) => void): () => void {
    this.#endings.add(ending)
    return () => this.#endings.delete(ending)
  }

  end(): void {
    if (this.#ended !== undefined) return
    this.#ended = engineFailure('closed', `${this.#parts.name} is closed: connect again`)
    for (const ending of [...this.#endings]) ending(this.#ended)
    this.#endings.clear()
  }

  /** Virtual time passes. */
  wait(ms: number, what = 'waits'): Promise<void> {
    return new Promise((resolve) => {
      this.world.after(this.process, ms, what, resolve)
    })
  }

  /** One request, once. No answer is `timed-out`. */
  ask<N extends RequestName>(
    to: string,
    name: N,
    request: RequestOf<N>,
    timeoutMs: number = requestTimeoutMs,
  ): Answer<ReplyOf<N>> {
    return new Promise((resolve) => {
      this.#parts.switchboard.ask(this.process, to, {
        name,
        request,
        timeoutMs,
        answered: (reply) =>
          resolve(isAnswer(reply) ? E.right(reply as ReplyOf<N>) : E.left(unanswered(to, name, reply as Unanswered))),
      })
    })
  }

  askAny<N extends RequestName>(name: N, request: RequestOf<N>): Answer<ReplyOf<N>> {
    return this.ask(brokerName(this.#turn++ % this.#parts.brokers), name, request)
  }

  askController<N extends RequestName>(name: N, request: RequestOf<N>): Answer<ReplyOf<N>> {
    return this.ask(controllerName, name, request)
  }

  /** Of a group, or of a transactional id. */
  async askCoordinator<N extends RequestName>(
    of: { readonly kind: keyof typeof internalTopics; readonly id: string },
    name: N,
    request: RequestOf<N>,
    timeoutMs: number = requestTimeoutMs,
  ): Answer<ReplyOf<N>> {
    const topic = this.#view.topics.get(internalTopics[of.kind])
    const leader = topic?.layout[homeOf(of.id, topic.partitions)]?.leader
    return leader === undefined
      ? E.left(engineFailure('not-coordinator', `the coordinator of '${of.id}' is not known: ask again`))
      : this.ask(brokerName(leader), name, request, timeoutMs)
  }

  /**
   * Asks again, with fresh metadata, while `attempt` fails in a way that passes by itself, for at most `forMs`. For what
   * may be done twice.
   */
  async patiently<A>(
    attempt: () => Answer<A>,
    {
      forMs = callTimeoutMs,
      passes = isPassing,
      signal,
    }: {
      readonly forMs?: number
      readonly passes?: (failure: EngineFailure) => boolean
      readonly signal?: AbortSignal | undefined
    } = {},
  ): Answer<A> {
    const until = this.world.now + forMs
    for (let pause = backoffMs; ; pause = Math.min(2 * pause, maxBackoffMs)) {
      if (this.#view.version < 0) await this.refresh()
      const answer = await attempt()
      if (E.isRight(answer) || !passes(answer.left)) return answer
      if (this.#ended !== undefined) return E.left(this.#ended)
      if (signal?.aborted === true || this.world.now + pause > until) return answer
      await this.wait(pause, 'backs off')
      await this.refresh()
    }
  }

  /** Hears what the cluster looks like; answers whether anybody said. */
  async refresh(): Promise<boolean> {
    const view = await this.askAny('metadata', {})
    if (E.isLeft(view)) return false
    if (view.right.version > this.#view.version) this.#view = view.right
    return true
  }

  /** From the controller itself, who knows what there is. */
  async refreshFromController(): Promise<boolean> {
    const view = await this.askController('metadata', {})
    if (E.isLeft(view)) return false
    if (view.right.version > this.#view.version) this.#view = view.right
    return true
  }

  /** A topic, once it is certain whether it is there. */
  async topic(name: string): Answer<TopicView> {
    const known = this.#view.topics.get(name)
    if (known !== undefined) return E.right(known)
    return this.patiently(async () => {
      if (!(await this.refreshFromController())) return E.left(unanswered(controllerName, 'metadata', 'timed out'))
      const found = this.#view.topics.get(name)
      return found === undefined ? E.left(unknownTopic(name)) : E.right(found)
    })
  }

  /** The broker that leads a partition. */
  async leader(at: TopicPartition): Answer<string> {
    const topic = await this.topic(at.topic)
    if (E.isLeft(topic)) return topic
    const registration = topic.right.layout[at.partition]
    if (registration === undefined) return E.left(unknownPartition(at, topic.right.partitions))
    return registration.leader === undefined
      ? E.left(engineFailure('not-leader', `${partitionName(at)} has no leader at the moment: ask again`))
      : E.right(brokerName(registration.leader))
  }
}

/** What goes away by itself, or was perhaps never heard. */
export const isPassing = ({ kind, code }: EngineFailure): boolean =>
  (kind === 'retriable' && code !== 'rebalance-in-progress' && code !== 'member-id-required') ||
  kind === 'indeterminate'

/** What a request came to: its refusal is a failure like that of never having been answered. */
export const accepted = <A extends { readonly _tag: string }>(
  reply: E.Either<EngineFailure, A | Refused>,
): E.Either<EngineFailure, Exclude<A, Refused>> => {
  if (E.isLeft(reply)) return reply
  return isRefused(reply.right) ? E.left(reply.right.failure) : E.right(reply.right as Exclude<A, Refused>)
}

/** That it came to something is all there is to say. */
export const done: (accepted: E.Either<EngineFailure, unknown>) => E.Either<EngineFailure, void> = E.map(
  () => undefined,
)

const isRefused = (reply: { readonly _tag: string }): reply is Refused => reply._tag === 'refused'

const unanswered = (to: string, name: string, why: string): EngineFailure =>
  engineFailure(
    'timed-out',
    `${to} did not answer ${name} (${why}): it may have been carried out all the same; ask again`,
  )
