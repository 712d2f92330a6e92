import * as E from 'fp-ts/lib/Either.js'
import { countOf } from '../../../batch/record-batch.ts'
import type {
  Appended,
  Call,
  CommittedOffset,
  GroupToken,
  Producer,
  TransactionalProducer,
  UnsealedBatch,
} from '../../../contracts/engine.ts'
import { partitionName } from '../../../contracts/position.ts'
import { positionsText, recordsText } from '../../../engines/simulated/message-text.ts'
import type { Calls } from './calls.ts'
import type { Placed } from './counted-moments.ts'

/** An append that is told and witnessed; `told` hears of each batch that was taken, `failed` of one that may not have been. */
const appending =
  (
    append: Producer['append'],
    { of, tell, witness, now }: Calls,
    told: (batch: Placed) => void,
    failed: () => void = () => {},
  ) =>
  (batches: readonly UnsealedBatch[]): Call<readonly Appended[]> =>
  async () => {
    const counts = batches.map(({ bytes }) => countOf(bytes))
    const atMs = now()
    const texts = () => batches.map((batch, index) => `${recordsText(counts[index] ?? 0)} to ${partitionName(batch)}`)
    tell(() => `sends ${texts().join(', ')}`, 'records')
    return of(append(batches), (answer) => {
      if (E.isLeft(answer)) {
        failed()
        return tell(() => `is not told that it has sent them: ${answer.left.code}`, 'records')
      }
      for (const [index, at] of answer.right.entries()) {
        const batch = { at, records: counts[index] ?? 0 }
        witness.written(at, batch.records, atMs)
        told(batch)
      }
      tell(() => `has sent them: ${positionsText(answer.right)}`, 'records')
    })()
  }

export const programProducer = (producer: Producer, calls: Calls): Producer => ({
  append: appending(
    producer.append,
    calls,
    (batch) => {
      calls.witness.kept(batch.at, batch.records)
      calls.witness.moments.appended(batch)
    },
    () => calls.witness.moments.failed(),
  ),
  close: () => calls.of(producer.close()),
})

/** What is in a transaction counts once it is told that it is committed, and may count from the moment on at which it asks. */
export const programTransactions = (
  producer: TransactionalProducer,
  id: string,
  calls: Calls,
): TransactionalProducer => {
  const { of, tell, witness } = calls
  let batches: Placed[] = []
  let offsets: { readonly group: string; readonly committed: readonly CommittedOffset[] }[] = []
  const over = () => {
    batches = []
    offsets = []
  }
  const committed = () => {
    for (const { at, records } of batches) witness.kept(at, records)
    for (const { group, committed } of offsets) witness.offsets.answer(group, committed)
    over()
  }
  const sendOffsets = (token: GroupToken, sent: readonly CommittedOffset[]): Call<void> => {
    const { group, generation } = token
    return async () => {
      tell(
        () => `adds offsets to '${id}': ${positionsText(sent)} in generation ${generation} of group '${group}'`,
        'group',
      )
      return of(producer.sendOffsets(token, sent), (answer) => {
        if (E.isRight(answer)) offsets.push({ group, committed: sent })
      })()
    }
  }
  return {
    append: appending(producer.append, calls, (batch) => batches.push(batch)),
    sendOffsets,
    commit: () => async () => {
      tell(() => `commits '${id}'`, 'transaction')
      for (const { group, committed } of offsets) witness.offsets.ask(group, committed)
      const told = witness.moments.commits(batches, offsets)
      return of(producer.commit(), (answer) => {
        told(E.isLeft(answer) ? answer.left : undefined)
        tell(
          () => (E.isRight(answer) ? `has committed '${id}'` : `may have committed '${id}': ${answer.left.code}`),
          'transaction',
        )
        if (E.isRight(answer)) committed()
      })()
    },
    abort: () => async () => {
      tell(() => `aborts '${id}'`, 'transaction')
      return of(producer.abort(), (answer) => {
        if (E.isRight(answer)) over()
      })()
    },
    close: () => of(producer.close()),
  }
}
