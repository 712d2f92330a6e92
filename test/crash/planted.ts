import type { Call, Engine, TransactionalProducer, UnsealedBatch } from '../../src/contracts/engine.ts'
import type { Storage } from '../../src/contracts/storage.ts'
import type { Planted } from './simulated.ts'

const right =
  <A>(value: A): Call<A> =>
  async () => ({ _tag: 'Right', right: value })

const copied = (batches: readonly UnsealedBatch[]): readonly UnsealedBatch[] =>
  batches.map((batch) => ({ ...batch, bytes: batch.bytes.slice() }))

const withTransactions = (
  engine: Engine,
  change: (producer: TransactionalProducer) => Partial<TransactionalProducer>,
): Engine => ({
  ...engine,
  transactions: (options) => async () => {
    const taken = await engine.transactions(options)()
    return taken._tag === 'Left' ? taken : { _tag: 'Right', right: { ...taken.right, ...change(taken.right) } }
  },
})

/** A retry is another batch: every second call is repeated, and both are taken. */
const withoutDeduplication = (engine: Engine): Engine => ({
  ...engine,
  producer: () => async () => {
    const made = await engine.producer()()
    if (made._tag === 'Left') return made
    const producer = made.right
    let calls = 0
    return {
      _tag: 'Right',
      right: {
        ...producer,
        append: (batches) => async () => {
          const again = copied(batches)
          const appended = await producer.append(batches)()
          if (calls++ % 2 === 1) await producer.append(again)()
          return appended
        },
      },
    }
  },
})

const offsetsAlone = (engine: Engine): Engine =>
  withTransactions(engine, () => ({ sendOffsets: (token, offsets) => engine.groups.commit(token, offsets) }))

const outputsAlone = (engine: Engine): Engine =>
  withTransactions(engine, ({ append, commit }) => ({
    append: (batches) => async () => {
      const appended = await append(batches)()
      await commit()()
      return appended
    },
  }))

const commitsForAborts = (engine: Engine): Engine =>
  withTransactions(engine, ({ commit }) => ({ abort: () => commit() }))

const answersFirst = (engine: Engine): Engine =>
  withTransactions(engine, ({ commit }) => ({
    commit: () => async () => {
      void commit()()
      return right<void>(undefined)()
    },
  }))

/** Cuts the last bytes of each partition's newest segment, as a recovery does that takes a whole batch for a torn one. */
const cutTails = (storage: Storage): void => {
  for (const directory of storage.list('').filter((name) => /^(plain|ledger|copies)-\d+$/.test(name))) {
    const newest = storage
      .list(directory)
      .filter((name) => name.endsWith('.log'))
      .at(-1)
    if (newest === undefined) continue
    const file = storage.open(`${directory}/${newest}`, 'write')
    file.truncate(Math.max(0, file.size() - 1))
    file.close()
  }
}

/** The first sync of a file that was there already does nothing: whoever wrote it will have seen to that. */
const trustingWhatItFound = (storage: Storage): Storage => {
  const found = new Set<string>()
  return {
    ...storage,
    open: (path, mode) => {
      if (storage.exists(path)) found.add(path)
      const file = storage.open(path, mode)
      const sync = async (): Promise<void> => (found.delete(path) ? undefined : file.sync())
      return { ...file, sync }
    },
  }
}

/** Faults that the laws must find: what each breaks, planted between a sound engine and the program. */
export const planted: Readonly<Record<string, Planted>> = {
  'a retry is written twice': { engine: withoutDeduplication },
  'an acknowledgement comes before the sync': { durability: 'process' },
  'a commit is answered before it is made': { engine: answersFirst },
  'offsets are committed outside of the transaction': { engine: offsetsAlone },
  'outputs are committed before their offsets': { engine: outputsAlone },
  'what was given up is committed': { engine: commitsForAborts },
  'recovery drops the tail': { disk: cutTails },
  'what was found is taken for durable': { storage: trustingWhatItFound },
}
