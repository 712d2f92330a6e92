import {
  baseOffsetOf,
  baseSequenceOf,
  isControl,
  lastOffsetDeltaOf,
  producerEpochOf,
  producerIdOf,
} from '../../../batch/record-batch.ts'
import { sequenceAfter } from '../../../protocol/sequence.ts'

interface Written {
  readonly epoch: number
  /** -1 where the epoch has written nothing. */
  readonly nextSequence: number
}

/** Each producer's batches in what is committed of a partition: without a gap, none twice, none of an epoch that is over. */
export class CommittedSequences {
  readonly #producers = new Map<number, Written>()
  /** Whether some producer has used up its sequences, and begun again at 0. */
  haveWrapped = false

  /** Answers what is wrong with a batch, if something is. */
  take(bytes: Uint8Array): string | undefined {
    const producerId = producerIdOf(bytes)
    if (producerId < 0) return undefined
    const epoch = producerEpochOf(bytes)
    const before = this.#producers.get(producerId)
    const at = `offset ${baseOffsetOf(bytes)} is of producer ${producerId}`
    if (before !== undefined && epoch < before.epoch)
      return `${at} at epoch ${epoch}, and epoch ${before.epoch} has written before it`
    const isSame = before?.epoch === epoch
    const sequence = baseSequenceOf(bytes)
    if (isControl(bytes) || sequence < 0) {
      if (!isSame) this.#producers.set(producerId, { epoch, nextSequence: -1 })
      return undefined
    }
    const expected = isSame ? before.nextSequence : -1
    const nextSequence = sequenceAfter(sequence, lastOffsetDeltaOf(bytes) + 1)
    this.#producers.set(producerId, { epoch, nextSequence })
    this.haveWrapped ||= nextSequence < sequence
    if (expected !== -1 && expected !== sequence)
      return `${at} at epoch ${epoch} with sequence ${sequence}, and ${expected} comes next`
    return undefined
  }

  /** Something that was committed is lost: nobody knows any longer what comes next. */
  forget(): void {
    this.#producers.clear()
  }
}
