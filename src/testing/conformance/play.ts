import type { Producer, TransactionalProducer } from '../../contracts/engine.ts'
import { systemSettle } from '../../millrace/system.ts'
import type { History, Outcome, PolledRecord, SentRecord } from '../history/history.ts'
import { type HistoryRecorder, historyRecorder } from '../history/history-recorder.ts'
import { ok } from './calls.ts'
import type { Actor, Program, Sends, Step } from './program.ts'
import { batchOf, readAll, seenIn } from './records.ts'
import type { Scenario } from './subject.ts'

const turns = async (count: number) => {
  for (let n = 0; n < count; n += 1) await systemSettle()
}

/** Runs all actors at the same time, then reads everything. Reads committed. */
export const play = async (s: Scenario, program: Program): Promise<History> => {
  const stage = new Stage(s, program)
  await Promise.all(program.actors.map((actor, at) => stage.act(`actor${at}`, actor)))
  await stage.close()
  await stage.readAll()
  return stage.recorder.history()
}

class Stage {
  readonly recorder: HistoryRecorder = historyRecorder()
  readonly #s: Scenario
  readonly #topic: string
  readonly #partitions: number
  readonly #handles: Producer[] = []
  #values = 0
  #ticks = 0

  constructor(s: Scenario, { topic, partitions }: Program) {
    this.#s = s
    this.#topic = topic
    this.#partitions = partitions
  }

  async close(): Promise<void> {
    for (const handle of this.#handles) await handle.close()()
  }

  async readAll(): Promise<void> {
    this.#assign('end')
    for (const { topic, partition } of this.#starts()) {
      await ok(this.#s.engine.reader.settled([{ topic, partition }]))
      const recording = this.recorder.began('end', { _tag: 'poll', records: [] }, this.#tick())
      const seen = await readAll(this.#s.engine, { topic, partition })
      const records = seen.map(({ offset, value }) => ({ topic, partition, offset, value }))
      recording.ended('ok', this.#tick(), { _tag: 'poll', records })
    }
  }

  async act(name: string, { id, steps }: Actor): Promise<void> {
    const plain = await ok(this.#s.engine.producer())
    this.#handles.push(plain)
    this.#assign(name)
    const at = Array.from({ length: this.#partitions }, () => 0)
    let tx: TransactionalProducer | undefined
    for (const step of steps) {
      await turns(step.pause)
      if (step.do === 'poll') await this.#poll(name, at, step.maxBytes)
      else if (step.do === 'append') await this.#append(`${name} plain`, plain, step.sends)
      else tx = await this.#transact(`${name} tx`, tx ?? (await this.#take(id)), step)
    }
  }

  /** A time of its own for everything that happens. */
  #tick(): number {
    this.#ticks += 1
    return this.#ticks
  }

  #starts() {
    return Array.from({ length: this.#partitions }, (_, partition) => ({ topic: this.#topic, partition, offset: 0 }))
  }

  #assign(reader: string): void {
    const assigned = this.recorder.began(reader, { _tag: 'assign', partitions: this.#starts() }, this.#tick())
    assigned.ended('ok', this.#tick())
  }

  async #take(id: number): Promise<TransactionalProducer | undefined> {
    const transactionalId = this.#s.unique(`id${id}`)
    const taken = await this.#s.engine.transactions({ transactionalId, timeoutMs: 60_000 })()
    if (taken._tag === 'Left') return undefined // somebody else took it at the same moment
    this.#handles.push(taken.right)
    return taken.right
  }

  /** New values, by batch. */
  #valuesOf(sends: readonly Sends[]): readonly (readonly SentRecord[])[] {
    return sends.map(({ partition, count }) =>
      Array.from({ length: count }, () => ({ topic: this.#topic, partition, value: `v${(this.#values += 1)}` })),
    )
  }

  async #append(writer: string, producer: Producer, sends: readonly Sends[]): Promise<void> {
    const batches = this.#valuesOf(sends)
    const recording = this.recorder.began(writer, { _tag: 'send', records: batches.flat() }, this.#tick())
    const result = await producer.append(batches.map(batchOf))()
    if (result._tag === 'Left') recording.ended('unknown', this.#tick())
    else {
      const records = batches.flatMap((batch, at) =>
        batch.map((record, index) => ({ ...record, offset: (result.right[at]?.offset ?? 0) + index })),
      )
      recording.ended('ok', this.#tick(), { _tag: 'send', records })
    }
  }

  async #transact(
    writer: string,
    tx: TransactionalProducer | undefined,
    step: Extract<Step, { sends: unknown }>,
  ): Promise<TransactionalProducer | undefined> {
    if (tx === undefined) return undefined
    const batches = this.#valuesOf(step.sends)
    const steps = [{ _tag: 'send' as const, records: batches.flat() }]
    const recording = this.recorder.began(writer, { _tag: 'transaction', steps }, this.#tick())
    const appended = await Promise.all(batches.map((one) => tx.append([batchOf(one)])()))
    await turns(step.pause)
    const commitMs = this.#tick()
    const ended = await (step.do === 'commit' ? tx.commit() : tx.abort())()
    const whole = appended.every(({ _tag }) => _tag === 'Right')
    let outcome: Outcome = 'failed'
    if (step.do === 'commit' && whole && ended._tag === 'Right') outcome = 'ok'
    else if (step.do === 'commit' && whole && ended._tag === 'Left' && ended.left.kind === 'indeterminate')
      outcome = 'unknown'
    recording.ended(outcome, this.#tick(), { _tag: 'transaction', steps, commitMs })
    return ended._tag === 'Right' ? tx : undefined
  }

  async #poll(reader: string, at: number[], maxBytes: number): Promise<void> {
    const positions = at.map((offset, partition) => ({ topic: this.#topic, partition, offset }))
    const recording = this.recorder.began(reader, { _tag: 'poll', records: [] }, this.#tick())
    const fetched = await ok(
      this.#s.engine.reader.fetch({ positions, isolation: 'read_committed', maxBytes, maxWaitMs: 0 }),
    )
    const records: PolledRecord[] = []
    for (const one of fetched) {
      const { topic, partition } = one
      for (const { offset, value } of seenIn(one, at[partition] ?? 0)) records.push({ topic, partition, offset, value })
      at[partition] = one.nextOffset
    }
    recording.ended('ok', this.#tick(), { _tag: 'poll', records })
  }
}
