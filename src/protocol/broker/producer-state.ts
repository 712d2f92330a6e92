import * as E from 'fp-ts/lib/Either.js'
import type { FailureCode } from '../../contracts/failure.ts'
import { sequenceAfter } from '../sequence.ts'

/** How many accepted batches of a producer a partition remembers: a retry of any of them is answered, not written. */
export const rememberedBatches = 5

/** There is no transaction open, no sequence, no epoch: Kafka's own way to write it. */
export const none = -1

/** A batch that was accepted, as a retry of it is answered. */
export interface AcceptedBatch {
  readonly baseSequence: number
  readonly lastSequence: number
  readonly baseOffset: number
  readonly lastOffset: number
  /** What the producer was told: the append time where the topic stamps records, else -1. */
  readonly timestamp: number
}

/**
 * What one partition knows of one producer id. The partition keeps a map of these by producer id.
 *
 * It stays when the records that made it are deleted, by retention or on demand: only {@link isExpired}
 * may end it. Otherwise a retry could be written a second time.
 */
export interface ProducerEntry {
  readonly producerId: number
  readonly epoch: number
  /** The epoch of the coordinator that wrote the last marker, -1 before the first. */
  readonly coordinatorEpoch: number
  /** When something of this producer was last appended, by the log's clock and never by the records'. */
  readonly lastAppendMs: number
  /** The offset of the open transaction's first record here, or -1. */
  readonly openTransaction: number
  /** Those of the current epoch, oldest first, at most {@link rememberedBatches}. */
  readonly batches: readonly AcceptedBatch[]
}

/** What is read of a batch's header; a `BatchHeader` will do. */
export interface ProducerBatch {
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly lastOffsetDelta: number
  readonly transactional: boolean
}

/** The end of a transaction, as it is written to each of its partitions. */
export interface EndMarker {
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
}

/** Where and when a batch came to lie. */
export interface AppendPlace {
  readonly baseOffset: number
  /** What the producer is told: the append time where the topic stamps records, else -1. */
  readonly timestamp: number
  /** Milliseconds since the epoch by the log's clock. */
  readonly now: number
}

/** Who appends: group coordinators write offsets in the producer's name, without sequences. */
export type AppendOrigin = 'client' | 'coordinator'

/** Why a partition does not take a batch or a marker. The message does not name the partition: whoever knows it does. */
export interface ProducerRefusal {
  readonly _tag: 'ProducerRefusal'
  readonly code: Extract<
    FailureCode,
    | 'invalid-producer-epoch'
    | 'out-of-order-sequence'
    | 'invalid-transaction-state'
    | 'concurrent-transactions'
    | 'coordinator-fenced'
  >
  /**
   * The partition knows nothing of the producer. If this batch was never sent before, then nothing of it can be in the
   * log, and the producer may go on with a higher epoch from sequence 0. A retry may have been written: indeterminate.
   */
  readonly unknownProducer: boolean
  readonly message: string
}

/** The batch lies in the log already, here: answer this and write nothing. */
export interface DuplicateBatch extends AcceptedBatch {
  readonly _tag: 'duplicate'
}

/** Write the batch, and then keep what {@link appended} makes of it. */
export interface NewBatch {
  readonly _tag: 'accepted'
}

const accepted: E.Either<never, NewBatch> = E.right({ _tag: 'accepted' })

const refuse = (
  code: ProducerRefusal['code'],
  message: string,
  unknownProducer = false,
): E.Either<ProducerRefusal, never> => E.left({ _tag: 'ProducerRefusal', code, unknownProducer, message })

const hasEpoch = (entry: ProducerEntry | undefined): entry is ProducerEntry =>
  entry !== undefined && entry.epoch !== none

/**
 * Whether a leader takes a batch of an idempotent producer (`producerId` ≥ 0): retries are recognised, fenced epochs and
 * gaps refused. Allocates nothing for a batch that is accepted. Each epoch counts from `firstSequence`: 0 in Kafka, and
 * another number only to see what happens where they wrap.
 *
 * Stricter than Kafka in one point: a producer of which nothing is known must begin at sequence 0. Kafka takes any, so
 * that after a loss of producer state a retry is written twice without a word. Legitimately unknown is a producer that
 * is new (it begins at 0), in its next transaction (a new epoch, so 0 again), or was silent for the expiration time;
 * only the last is refused here, and begins anew with a higher epoch, which is safe because no retry is that old.
 */
export const checkAppend = (
  entry: ProducerEntry | undefined,
  batch: ProducerBatch,
  origin: AppendOrigin = 'client',
  firstSequence = 0,
): E.Either<ProducerRefusal, DuplicateBatch | NewBatch> => {
  if (origin === 'client' && hasEpoch(entry)) {
    const duplicate = duplicateOf(entry, batch)
    if (duplicate !== undefined) return E.right({ _tag: 'duplicate', ...duplicate })
  }
  if (hasEpoch(entry) && batch.producerEpoch < entry.epoch) {
    return refuse(
      'invalid-producer-epoch',
      `producer ${batch.producerId} wrote with epoch ${batch.producerEpoch}, but epoch ${entry.epoch} has taken over: close this producer, or begin its next transaction with the new epoch`,
    )
  }
  if (hasEpoch(entry) && entry.openTransaction !== none && batch.producerEpoch > entry.epoch) {
    return refuse(
      'concurrent-transactions',
      `the transaction of producer ${batch.producerId} that is open since offset ${entry.openTransaction} still waits for its marker: try again`,
    )
  }
  if (origin === 'client') {
    const expected = expectedSequence(entry, batch.producerEpoch, firstSequence)
    if (batch.baseSequence !== expected) return outOfOrder(entry, batch, expected)
  }
  if (!batch.transactional && entry !== undefined && entry.openTransaction !== none) {
    return refuse(
      'invalid-transaction-state',
      `producer ${batch.producerId} sent a batch outside of its transaction, which is open since offset ${entry.openTransaction}: commit or abort it first`,
    )
  }
  return accepted
}

/**
 * Whether the partition is known to be part of the transaction that the batch belongs to. If not, its leader has the
 * coordinator add it first, and appends only then. The epoch tells this transaction from the last, whose marker may
 * still be under way.
 */
export const isInTransaction = (
  entry: ProducerEntry | undefined,
  batch: Pick<ProducerBatch, 'producerEpoch'>,
): boolean => entry !== undefined && entry.openTransaction !== none && entry.epoch === batch.producerEpoch

const duplicateOf = (entry: ProducerEntry, batch: ProducerBatch): AcceptedBatch | undefined => {
  if (batch.producerEpoch !== entry.epoch) return undefined
  const lastSequence = sequenceAfter(batch.baseSequence, batch.lastOffsetDelta)
  for (const known of entry.batches) {
    if (known.baseSequence === batch.baseSequence && known.lastSequence === lastSequence) return known
  }
  return undefined
}

const expectedSequence = (entry: ProducerEntry | undefined, epoch: number, first: number): number => {
  const last = entry !== undefined && entry.epoch === epoch ? entry.batches.at(-1) : undefined
  return last === undefined ? first : sequenceAfter(last.lastSequence, 1)
}

const outOfOrder = (entry: ProducerEntry | undefined, batch: ProducerBatch, expected: number) => {
  const sent = `producer ${batch.producerId} sent sequence ${batch.baseSequence} in epoch ${batch.producerEpoch}`
  return hasEpoch(entry)
    ? refuse(
        'out-of-order-sequence',
        `${sent}, but ${expected} comes next: an earlier batch is missing, or this one was sent before and is older than the last ${rememberedBatches}`,
      )
    : refuse(
        'out-of-order-sequence',
        `${sent}, but nothing is known of this producer here (silent for too long?): begin a higher epoch at sequence 0`,
        true,
      )
}

/**
 * The entry after `batch` was written at `place`. Checks nothing: recovery and followers replay with it what a leader
 * has accepted. Batches without a sequence (offsets, written by a group coordinator) are not remembered.
 */
export const appended = (entry: ProducerEntry | undefined, batch: ProducerBatch, place: AppendPlace): ProducerEntry => {
  const epoch = Math.max(batch.producerEpoch, entry?.epoch ?? none)
  const known = entry !== undefined && entry.epoch === epoch ? entry.batches : []
  return {
    producerId: batch.producerId,
    epoch,
    coordinatorEpoch: entry?.coordinatorEpoch ?? none,
    lastAppendMs: place.now,
    openTransaction: openAfter(entry, batch, place),
    batches: batch.producerEpoch === epoch && batch.baseSequence !== none ? remember(known, batch, place) : known,
  }
}

const openAfter = (entry: ProducerEntry | undefined, batch: ProducerBatch, place: AppendPlace): number => {
  const open = entry?.openTransaction ?? none
  return open === none && batch.transactional ? place.baseOffset : open
}

const remember = (known: readonly AcceptedBatch[], batch: ProducerBatch, place: AppendPlace): AcceptedBatch[] => {
  const batches = known.length < rememberedBatches ? known.slice() : known.slice(1)
  batches.push({
    baseSequence: batch.baseSequence,
    lastSequence: sequenceAfter(batch.baseSequence, batch.lastOffsetDelta),
    baseOffset: place.baseOffset,
    lastOffset: place.baseOffset + batch.lastOffsetDelta,
    timestamp: place.timestamp,
  })
  return batches
}

/**
 * The entry after an end marker, if a leader takes it, by the rules of KIP-890: the marker carries an epoch above that of the
 * transaction's data. The one exception is a coordinator that repeats itself after a restart: the stored epoch, and no
 * transaction open. Such a marker is harmless, and without the exception the coordinator could never finish.
 * Whether the marker ended something is the `openTransaction` of the entry before.
 */
export const applyMarker = (
  entry: ProducerEntry | undefined,
  marker: EndMarker,
  now: number,
): E.Either<ProducerRefusal, ProducerEntry> => {
  if (entry === undefined) return E.right(replayedMarker(undefined, marker, now))
  const open = entry.openTransaction !== none
  if (open ? marker.producerEpoch <= entry.epoch : marker.producerEpoch < entry.epoch) {
    return refuse(
      'invalid-producer-epoch',
      `a marker of producer ${marker.producerId} with epoch ${marker.producerEpoch} came late: epoch ${entry.epoch} is ${open ? 'in a transaction of its own' : 'stored'}`,
    )
  }
  if (marker.coordinatorEpoch < entry.coordinatorEpoch) {
    return refuse(
      'coordinator-fenced',
      `a marker of producer ${marker.producerId} came from coordinator epoch ${marker.coordinatorEpoch}, but ${entry.coordinatorEpoch} has taken over`,
    )
  }
  return E.right(replayedMarker(entry, marker, now))
}

/** The entry after an end marker was written. Checks nothing: recovery and followers replay with it. */
export const replayedMarker = (entry: ProducerEntry | undefined, marker: EndMarker, now: number): ProducerEntry => {
  const epoch = Math.max(marker.producerEpoch, entry?.epoch ?? none)
  return {
    producerId: marker.producerId,
    epoch,
    coordinatorEpoch: Math.max(marker.coordinatorEpoch, entry?.coordinatorEpoch ?? none),
    lastAppendMs: now,
    openTransaction: none,
    batches: entry !== undefined && entry.epoch === epoch ? entry.batches : [],
  }
}

/**
 * Whether to forget the producer: nothing open, and nothing appended for `expirationMs`. By append time: Kafka goes by
 * the records' timestamps, so that a backfill of old events forgets its own producer at once.
 */
export const isExpired = (entry: ProducerEntry, at: { readonly now: number; readonly expirationMs: number }): boolean =>
  entry.openTransaction === none && at.now - entry.lastAppendMs >= at.expirationMs
