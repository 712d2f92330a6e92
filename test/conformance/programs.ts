import * as fc from 'fast-check'
import type { Producer, TransactionalProducer } from '../../src/contracts/engine.ts'
import type { TopicPartition } from '../../src/contracts/position.ts'
import { ok } from './calls.ts'
import type { History, Poll, Write } from './history.ts'
import { batch, readAll, seenIn } from './records.ts'
import type { Scenario } from './subject.ts'

/** What one actor does next: `pause` lets that many turns of the event loop go by first. */
export type Step =
  | { readonly do: 'append'; readonly pause: number; readonly sends: readonly Send[] }
  | { readonly do: 'commit' | 'abort'; readonly pause: number; readonly sends: readonly Send[] }
  | { readonly do: 'poll'; readonly pause: number; readonly maxBytes: number }

interface Send {
  readonly partition: number
  readonly count: number
}

/** Transactional actors of one `id` fence each other. */
export interface Actor {
  readonly id: number
  readonly steps: readonly Step[]
}

export const partitions = 2
const pause = fc.nat({ max: 3 })
const sends = fc.array(
  fc.record({ partition: fc.nat({ max: partitions - 1 }), count: fc.integer({ min: 1, max: 3 }) }),
  {
    minLength: 1,
    maxLength: 4,
  },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('append' as const), pause, sends }),
  fc.record({ do: fc.constantFrom('commit' as const, 'abort' as const), pause, sends }),
  fc.record({ do: fc.constant('poll' as const), pause, maxBytes: fc.constantFrom(1, 300, 1 << 20) }),
)

export const program: fc.Arbitrary<readonly Actor[]> = fc.array(
  fc.record({ id: fc.nat({ max: 2 }), steps: fc.array(step, { maxLength: 8 }) }),
  { minLength: 1, maxLength: 5 },
)

const turns = async (count: number) => {
  for (let n = 0; n < count; n += 1) await new Promise<void>((next) => setImmediate(next))
}

/** Runs all actors at the same time, then reads everything. Reads committed. */
export const play = async (s: Scenario, topic: string, actors: readonly Actor[]): Promise<History> => {
  const stage = new Stage(s, topic)
  await Promise.all(actors.map((actor, at) => stage.act(`actor${at}`, actor)))
  await stage.close()
  const logs = new Map<string, Awaited<ReturnType<typeof readAll>>>()
  for (let partition = 0; partition < partitions; partition += 1) {
    await ok(s.engine.reader.settled([{ topic, partition }]))
    logs.set(`${topic}-${partition}`, await readAll(s.engine, { topic, partition }))
  }
  return { writes: stage.writes, polls: stage.polls, logs }
}

class Stage {
  readonly writes: Write[] = []
  readonly polls: Poll[] = []
  readonly #s: Scenario
  readonly #topic: string
  readonly #open = new Set<string>()
  readonly #handles: Producer[] = []
  #values = 0

  constructor(s: Scenario, topic: string) {
    this.#s = s
    this.#topic = topic
  }

  async close(): Promise<void> {
    for (const handle of this.#handles) await handle.close()()
  }

  async act(name: string, { id, steps }: Actor): Promise<void> {
    const plain = await ok(this.#s.engine.producer())
    this.#handles.push(plain)
    const at = Array.from({ length: partitions }, () => 0)
    let tx: TransactionalProducer | undefined
    for (const step of steps) {
      await turns(step.pause)
      if (step.do === 'poll') await this.#poll(name, at, step.maxBytes)
      else if (step.do === 'append') await this.#append(name, plain, step.sends)
      else tx = await this.#transact({ name, id, tx: tx ?? (await this.#take(id)), step })
    }
  }

  async #take(id: number): Promise<TransactionalProducer | undefined> {
    const transactionalId = this.#s.unique(`id${id}`)
    const taken = await this.#s.engine.transactions({ transactionalId, timeoutMs: 60_000 })()
    if (taken._tag === 'Left') return undefined // somebody else took it at the same moment
    this.#handles.push(taken.right)
    return taken.right
  }

  #write(
    writer: string,
    sends: readonly Send[],
    atomic: boolean,
  ): { write: Write; batches: Parameters<Producer['append']>[0] } {
    const named = sends.map(({ partition, count }) => {
      const values = Array.from({ length: count }, () => `v${(this.#values += 1)}`)
      return { at: { topic: this.#topic, partition }, values }
    })
    const write: Write = {
      writer,
      sends: named.flatMap(({ at, values }) => values.map((value) => ({ ...at, value }))),
      outcome: 'unknown',
      atomic,
    }
    this.writes.push(write)
    return { write, batches: named.map(({ at, values }) => batch(at.topic, at.partition, values)) }
  }

  async #append(name: string, producer: Producer, sends: readonly Send[]): Promise<void> {
    const { write, batches } = this.#write(`${name} plain`, sends, false)
    const result = await producer.append(batches)()
    write.outcome = result._tag === 'Right' ? 'ok' : 'unknown'
  }

  async #transact(turn: {
    name: string
    id: number
    tx: TransactionalProducer | undefined
    step: Extract<Step, { sends: unknown }>
  }): Promise<TransactionalProducer | undefined> {
    const { name, tx, step } = turn
    if (tx === undefined) return undefined
    const { write, batches } = this.#write(`${name} tx`, step.sends, true)
    for (const { value } of write.sends) this.#open.add(value)
    const appended = await Promise.all(batches.map((one) => tx.append([one])()))
    await turns(step.pause)
    if (step.do === 'commit') for (const { value } of write.sends) this.#open.delete(value)
    const ended = await (step.do === 'commit' ? tx.commit() : tx.abort())()
    const whole = appended.every(({ _tag }) => _tag === 'Right')
    if (step.do === 'abort' || !whole) write.outcome = 'failed'
    else if (ended._tag === 'Right') write.outcome = 'ok'
    else write.outcome = ended.left.kind === 'indeterminate' ? 'unknown' : 'failed'
    return ended._tag === 'Right' ? tx : undefined
  }

  async #poll(reader: string, at: number[], maxBytes: number): Promise<void> {
    const positions = at.map((offset, partition) => ({ topic: this.#topic, partition, offset }))
    const fetched = await ok(
      this.#s.engine.reader.fetch({ positions, isolation: 'read_committed', maxBytes, maxWaitMs: 0 }),
    )
    for (const one of fetched) {
      const seen = seenIn(one, at[one.partition] ?? 0)
      const early = seen.filter(({ value }) => this.#open.has(value)).map(({ value }) => value)
      const where: TopicPartition = { topic: one.topic, partition: one.partition }
      this.polls.push({ reader, ...where, seen, early })
      at[one.partition] = one.nextOffset
    }
  }
}
