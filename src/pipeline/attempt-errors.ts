/** An output to a topic that the run has not heard of. */
export class UndeclaredTopic extends Error {
  readonly _tag = 'UndeclaredTopic'
  override readonly name = 'UndeclaredTopic'
  constructor(pipeline: string, topic: string) {
    super(
      `pipeline '${pipeline}' writes to topic '${topic}', which was not to be seen before it ran: ` +
        `move to(${topic}) out of the function that hides it, or name it in run(…, { uses: [${topic}] })`,
    )
  }
}

/** A store that the run has not heard of. */
export class UndeclaredStore extends Error {
  readonly _tag = 'UndeclaredStore'
  override readonly name = 'UndeclaredStore'
  constructor(pipeline: string, store: string) {
    super(
      `pipeline '${pipeline}' uses store '${store}', which was not to be seen before it ran: ` +
        `move its operator out of the function that hides it, or name the store in run(…, { uses: [${store}] })`,
    )
  }
}

/** A store stands above `inBatches`: the next record of a key would begin before this one's state is decided. */
export class StoreAboveBatches extends TypeError {
  readonly _tag = 'StoreAboveBatches'
  override readonly name = 'StoreAboveBatches'
  constructor(pipeline: string, store: string) {
    super(
      `pipeline '${pipeline}' uses store '${store}' above inBatches(…), where records wait for one another with their state ` +
        'undecided: move the store below, or write to a topic and work in batches in a second pipeline',
    )
  }
}

/** Records are to be tried again in the order of their key above `inBatches`: the next of a key would begin before this one is decided. */
export class OrderAboveBatches extends TypeError {
  readonly _tag = 'OrderAboveBatches'
  override readonly name = 'OrderAboveBatches'
  constructor(pipeline: string) {
    super(
      `pipeline '${pipeline}' keeps keys in order where a record is put off (retryLater with ordered: true, now or before), and has inBatches(…), ` +
        'where records of one key wait for one another with nothing decided about them: leave ordered out, or write to a topic and work in batches in a second pipeline',
    )
  }
}

/** A store was asked for a key that is not the key of the record that the task let in. */
export class ForeignKey extends Error {
  readonly _tag = 'ForeignKey'
  override readonly name = 'ForeignKey'
}

/** Something was written through a record whose attempt had ended. */
export class LateEmission extends Error {
  readonly _tag = 'LateEmission'
  override readonly name = 'LateEmission'
  readonly recordId: string
  constructor(pipeline: string, recordId: string, what: string) {
    super(
      `pipeline '${pipeline}': ${what} after record '${recordId}' had ended: refused. ` +
        'What belongs to a record must be written before its observable completes',
    )
    this.recordId = recordId
  }
}

/** One record's outputs are more than the run may hold. */
export class OutputsTooLarge extends Error {
  readonly _tag = 'OutputsTooLarge'
  override readonly name = 'OutputsTooLarge'
  constructor(pipeline: string, recordId: string, boundBytes: number) {
    super(
      `pipeline '${pipeline}': record '${recordId}' alone gathers more than ${boundBytes} bytes of output: ` +
        'write less per record, or raise run(…, { outputBytesMax })',
    )
  }
}

/** One output is larger than its topic takes. */
export class OutputTooLarge extends Error {
  readonly _tag = 'OutputTooLarge'
  override readonly name = 'OutputTooLarge'
  constructor(o: { topic: string; recordId: string; sizeBytes: number; maxBytes: number }) {
    super(
      `record '${o.recordId}' writes ${o.sizeBytes} bytes to topic '${o.topic}', which takes ${o.maxBytes}: ` +
        `write less, or raise the topic's 'max.message.bytes'`,
    )
  }
}

/** What a record keeps in a store is more than the store's changelog takes. */
export class StateTooLarge extends Error {
  readonly _tag = 'StateTooLarge'
  override readonly name = 'StateTooLarge'
  constructor(o: { store: string; recordId: string; sizeBytes: number; changelog: string; maxBytes: number }) {
    super(
      `record '${o.recordId}' sets its key in store '${o.store}' to what takes ${o.sizeBytes} bytes in topic '${o.changelog}', ` +
        `which takes ${o.maxBytes}: keep less under one key, or raise the topic's 'max.message.bytes' and run again`,
    )
  }
}

/** One output has headers or a timestamp that cannot be written. */
export class InvalidOutput extends Error {
  readonly _tag = 'InvalidOutput'
  override readonly name = 'InvalidOutput'
  constructor(o: { readonly topic: string; readonly recordId: string; readonly fault: string }) {
    super(`what record '${o.recordId}' writes to topic '${o.topic}' ${o.fault}`)
  }
}

/** A record did not complete within its time limit. */
export class RecordTimedOut extends Error {
  readonly _tag = 'RecordTimedOut'
  override readonly name = 'RecordTimedOut'
  constructor(pipeline: string, recordId: string, limitMs: number) {
    super(
      `pipeline '${pipeline}': record '${recordId}' did not complete within ${limitMs} ms: ` +
        'an operator that never completes, or work that hangs; heed the AbortSignal, or raise run(…, { timeLimitMs })',
    )
  }
}

/** The attempt was given up because its task or its run ended: nothing of it is kept. */
export class AttemptGivenUp extends Error {
  readonly _tag = 'AttemptGivenUp'
  override readonly name = 'AttemptGivenUp'
}

/** A record's bytes could not be read. Carries the codec's report. */
export class UnreadableRecord extends Error {
  readonly _tag = 'UnreadableRecord'
  override readonly name = 'UnreadableRecord'
  readonly part: 'key' | 'value'
  /** The codec's name. */
  readonly codec: string
  /** What was wrong, a line each, most specific last. */
  readonly report: readonly string[]
  constructor(recordId: string, part: 'key' | 'value', error: { codec: string; report: readonly string[] }) {
    super(`the ${part} of record '${recordId}' is not ${error.codec}: ${error.report.join('; ')}`)
    this.part = part
    this.codec = error.codec
    this.report = error.report
  }
}

/** A record came back from a retry topic that does not say where it was read, or names a topic that the pipeline does not read. */
export class UnknownOrigin extends Error {
  readonly _tag = 'UnknownOrigin'
  override readonly name = 'UnknownOrigin'
  constructor(pipeline: string, at: string, topic: string | undefined) {
    super(
      `pipeline '${pipeline}': record '${at}' came back, and ` +
        (topic === undefined
          ? 'does not say where it was read: something else than this pipeline wrote it'
          : `was read from topic '${topic}', which the pipeline does not read: let it read that one until its retries are through`),
    )
  }
}

/** A record waits in the order of its key, which another version keeps, and this run does not: it began before there was any. */
export class OrderUnknown extends Error {
  readonly _tag = 'OrderUnknown'
  override readonly name = 'OrderUnknown'
  constructor(pipeline: string, head: string) {
    super(
      `pipeline '${pipeline}' cannot go on: record '${head}' waits with its key, whose order another version keeps (retryLater with ordered: true), ` +
        'and this run began before there was any to keep: run it again, and it keeps that order, too',
    )
  }
}

/** So many records wait in order that no more may. */
export class ParkingFull extends Error {
  readonly _tag = 'ParkingFull'
  override readonly name = 'ParkingFull'
}

/** A record of a key that was given up as a whole: it was not run. */
export class KeyGivenUp extends Error {
  readonly _tag = 'KeyGivenUp'
  override readonly name = 'KeyGivenUp'
  constructor(pipeline: string, recordId: string) {
    super(
      `pipeline '${pipeline}': record '${recordId}' was not run: an earlier one of its key was given up, and the key with it. ` +
        'Sending one of them back from the dead letters lets the key in again',
    )
  }
}
