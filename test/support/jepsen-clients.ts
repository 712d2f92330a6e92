import type { Engine, GroupToken, Membership, TransactionalProducer } from '../../src/contracts/engine.ts'
import { MillraceError } from '../../src/contracts/failure.ts'
import { partitionName, type TopicPartition } from '../../src/contracts/position.ts'
import { simulatedEngine } from '../../src/engines/simulated/client/engine.ts'
import type { SimulatedCluster } from '../../src/engines/simulated/cluster.ts'
import type { Clients } from '../../src/engines/simulated/faults/scene.ts'
import type { Process } from '../../src/engines/simulated/world/process.ts'
import { ok } from '../../src/testing/conformance/calls.ts'
import { batchOf, seenIn } from '../../src/testing/conformance/records.ts'
import type { PolledRecord, SentRecord } from '../../src/testing/history/history.ts'
import { type HistoryRecorder, historyRecorder } from '../../src/testing/history/history-recorder.ts'

export const partitions = 2
export const topics = { input: 'in', output: 'out' } as const
export const group = 'movers'

/** How many sends of one producer are under way at the same time. */
const lanes = 4
const restartMs = 300

type Role = (life: Life) => Promise<void>

/** One life of a client. */
interface Life {
  readonly name: string
  readonly process: Process
  readonly engine: Engine
}

/**
 * Clients that do nothing but what they are good for: producers that send side by side, movers that carry records from
 * one topic to the other exactly once, in a group, and readers. What they do is in the history.
 */
export class JepsenClients implements Clients {
  readonly recorder: HistoryRecorder = historyRecorder()
  readonly #cluster: SimulatedCluster
  readonly #lives = new Map<string, Life>()
  readonly #gone = new Set<string>()
  #values = 0
  #ticks = 0
  /** Producers send nothing more. */
  isQuiet = false
  readonly #sending = new Set<Life>()

  constructor(cluster: SimulatedCluster) {
    this.#cluster = cluster
  }

  get processes(): readonly Process[] {
    return [...this.#lives.values()].map(({ process }) => process).filter(({ isAlive }) => isAlive)
  }

  /** Whether nothing that was sent is undecided. */
  get isAnswered(): boolean {
    return this.isQuiet && [...this.#sending].every(({ process }) => !process.isAlive)
  }

  start(name: string): void {
    if (this.#lives.get(name)?.process.isAlive === true || this.#gone.has(name)) return
    const process = this.#cluster.client(name)
    const life = { name, process, engine: simulatedEngine(this.#cluster, process) }
    this.#lives.set(name, life)
    const role = this.#roleOf(name)
    this.#cluster.world.after(process, 0, 'starts', () => {
      role(life).catch((error: unknown) => {
        // whoever dies while a call is under way never hears of it: these are failures that it was told of
        if (!(error instanceof MillraceError)) throw error
        this.kill(name)
      })
    })
  }

  kill(name: string, forGood = false): void {
    const life = this.#lives.get(name)
    if (life?.process.isAlive !== true) return
    life.process.kill()
    for (let lane = 0; lane < lanes; lane++) this.recorder.crashed(`${name}/${lane}`, this.#tick())
    this.recorder.crashed(name, this.#tick())
    if (forGood) this.#gone.add(name)
    const { world, supervisor } = this.#cluster
    world.after(supervisor, restartMs, 'restarts a client', () => this.start(name))
  }

  async stop(name: string): Promise<void> {
    this.#gone.add(name)
    const life = this.#lives.get(name)
    if (life === undefined) return
    await ok(life.engine.close())
    this.kill(name, true)
  }

  /** A time of its own for everything that happens, in the order of virtual time. */
  #tick(): number {
    this.#ticks = Math.max(this.#ticks + 0.001, this.#cluster.world.now)
    return this.#ticks
  }

  #wait({ process }: Life, ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#cluster.world.after(process, ms, 'waits', resolve)
    })
  }

  #random(): number {
    return this.#cluster.world.random('clients').next()
  }

  #roleOf(name: string): Role {
    if (name.startsWith('producer')) return (life) => this.#produce(life)
    if (name.startsWith('reader')) return (life) => this.#read(life)
    return (life) => this.#move(life)
  }

  async #produce(life: Life): Promise<void> {
    this.#sending.add(life)
    const producer = await ok(life.engine.producer())
    const lane = async (writer: string) => {
      while (!this.isQuiet) {
        const partition = Math.floor(this.#random() * partitions)
        const count = 1 + Math.floor(this.#random() * 3)
        const records: readonly SentRecord[] = Array.from({ length: count }, () => ({
          topic: topics.input,
          partition,
          value: `v${this.#values++}`,
        }))
        const recording = this.recorder.began(writer, { _tag: 'send', records }, this.#tick())
        const sent = await producer.append([batchOf(records)])()
        if (sent._tag === 'Left') recording.ended('unknown', this.#tick())
        else {
          const offset = sent.right[0]?.offset ?? 0
          const placed = records.map((record, index) => ({ ...record, offset: offset + index }))
          recording.ended('ok', this.#tick(), { _tag: 'send', records: placed })
        }
        await this.#wait(life, this.#random() * 120)
      }
    }
    await Promise.all(Array.from({ length: lanes }, (_, at) => lane(`${life.name}/${at}`)))
    this.#sending.delete(life)
  }

  async #read(life: Life): Promise<void> {
    const all = Object.values<string>(topics).flatMap((topic) =>
      Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 })),
    )
    const assigned = this.recorder.began(life.name, { _tag: 'assign', partitions: all }, this.#tick())
    assigned.ended('ok', this.#tick())
    const at = new Map(all.map((position) => [partitionName(position), position]))
    for (;;) {
      const recording = this.recorder.began(life.name, { _tag: 'poll', records: [] }, this.#tick())
      const { records, next } = await this.#poll(life, [...at.values()])
      for (const position of next) at.set(partitionName(position), position)
      recording.ended('ok', this.#tick(), { _tag: 'poll', records })
      await this.#wait(life, 50)
    }
  }

  /** What is there, and where to go on. Partitions that cannot be read at the moment are left out. */
  async #poll(life: Life, positions: readonly (TopicPartition & { readonly offset: number })[]) {
    const request = { positions, isolation: 'read_committed' as const, maxBytes: 2_000, maxWaitMs: 200 }
    const fetched = await ok(life.engine.reader.fetch(request))
    const records: PolledRecord[] = []
    const next: (TopicPartition & { offset: number })[] = []
    for (const one of fetched) {
      const { topic, partition, failure, nextOffset } = one
      if (failure !== undefined) continue
      const from = positions.find((at) => at.topic === topic && at.partition === partition)?.offset ?? 0
      for (const { offset, value } of seenIn(one, from)) records.push({ topic, partition, offset, value })
      next.push({ topic, partition, offset: nextOffset })
    }
    return { records, next }
  }

  async #move(life: Life): Promise<void> {
    const { engine, name } = life
    const timeoutMs = 10_000
    const tx = await ok(engine.transactions({ transactionalId: name, timeoutMs }))
    const subscribed = this.recorder.began(name, { _tag: 'subscribe', topics: [topics.input] }, this.#tick())
    subscribed.ended('ok', this.#tick())
    const membership = await ok(
      engine.groups.join({
        group,
        topics: [topics.input],
        assignor: 'range',
        sessionTimeoutMs: 6_000,
        rebalanceTimeoutMs: 6_000,
      }),
    )
    const owned = new Owned(membership)
    for (;;) {
      const positions = await owned.positions(engine)
      if (positions.length === 0) await this.#wait(life, 50)
      else await this.#moveOnce(life, tx, owned, positions)
    }
  }

  async #moveOnce(
    life: Life,
    tx: TransactionalProducer,
    owned: Owned,
    positions: readonly (TopicPartition & { readonly offset: number })[],
  ): Promise<void> {
    const token = owned.token
    const { records, next } = await this.#poll(life, positions)
    if (records.length === 0) {
      for (const { topic, partition, offset } of next) owned.at(topic, partition, offset)
      return this.#wait(life, 20)
    }
    const sent = records.map(({ partition, value }) => ({
      topic: topics.output,
      partition,
      value: `${value}#${this.#values++}`,
    }))
    const steps = [
      { _tag: 'poll' as const, records },
      { _tag: 'send' as const, records: sent },
    ]
    const offsets = next.map((position) => ({ ...position, metadata: '' }))
    const recording = this.recorder.began(life.name, { _tag: 'transaction', steps }, this.#tick())
    const sends = Array.from({ length: partitions }, (_, partition) =>
      sent.filter((one) => one.partition === partition),
    )
    const appended = await Promise.all(sends.filter((one) => one.length > 0).map((one) => tx.append([batchOf(one)])()))
    const added = await tx.sendOffsets(token, offsets)()
    const isWhole = added._tag === 'Right' && appended.every(({ _tag }) => _tag === 'Right')
    const commitMs = this.#tick()
    const ended = await (isWhole ? tx.commit() : tx.abort())()
    const did = { _tag: 'transaction' as const, steps, commitMs, offsets: offsets.map((at) => ({ ...at, group })) }
    const outcome = !isWhole ? 'failed' : ended._tag === 'Right' ? 'ok' : 'unknown'
    recording.ended(outcome, this.#tick(), did)
    owned.forget()
    if (ended._tag === 'Left') throw new MillraceError(ended.left)
  }
}

/** What a member has, and where it is. */
class Owned {
  readonly #membership: Membership
  readonly #partitions = new Map<string, TopicPartition & { offset: number | undefined }>()
  #token: GroupToken

  constructor(membership: Membership) {
    this.#membership = membership
    this.#token = membership.token()
    membership.events.subscribe({
      next: (event) => {
        this.#token = membership.token()
        if (event._tag === 'assigned')
          for (const at of event.partitions) this.#partitions.set(partitionName(at), { ...at, offset: undefined })
        else for (const at of event.partitions) this.#partitions.delete(partitionName(at))
        if (event._tag === 'revoked') event.release()
      },
      error: () => this.#partitions.clear(),
    })
  }

  get token(): GroupToken {
    return this.#token
  }

  at(topic: string, partition: number, offset: number): void {
    const known = this.#partitions.get(partitionName({ topic, partition }))
    if (known !== undefined) known.offset = offset
  }

  /** Where it is has to be asked for. */
  forget(): void {
    for (const known of this.#partitions.values()) known.offset = undefined
  }

  async positions(engine: Engine): Promise<readonly (TopicPartition & { readonly offset: number })[]> {
    const { group } = this.#membership.token()
    const unknown = [...this.#partitions.values()].filter(({ offset }) => offset === undefined)
    if (unknown.length > 0) {
      const committed = await engine.groups.committed(
        group,
        unknown.map(({ topic, partition }) => ({ topic, partition })),
      )()
      if (committed._tag === 'Left') return []
      for (const { topic, partition } of unknown) {
        const found = committed.right.find((one) => one.topic === topic && one.partition === partition)
        this.at(topic, partition, found?.offset ?? 0)
      }
    }
    return [...this.#partitions.values()].flatMap(({ topic, partition, offset }) =>
      offset === undefined ? [] : [{ topic, partition, offset }],
    )
  }
}
