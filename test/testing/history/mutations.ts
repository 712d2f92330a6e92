import type { AnomalyKind } from '../../../src/testing/history/anomalies.ts'
import type { History, Operation, Poll, PolledRecord, Send, SentRecord } from '../../../src/testing/history/history.ts'
import { topic } from './toy-log.ts'
import { reader } from './toy-world.ts'

/** Chooses one of those given, always the same for the same history and seed. */
export type Choose = <A>(all: readonly A[]) => A | undefined

/** Makes a sound history show an anomaly; `undefined` where it has nothing to do it with. */
export interface Mutation {
  readonly what: string
  /** Any of these has to be found. */
  readonly shows: readonly AnomalyKind[]
  readonly mutate: (history: History, choose: Choose) => History | undefined
}

type Step = Send | Poll

const stepsOf = ({ did }: Operation): readonly Step[] =>
  did._tag === 'transaction' ? did.steps : did._tag === 'send' || did._tag === 'poll' ? [did] : []

const withSteps = (operation: Operation, change: (step: Step) => Step): Operation => {
  const { did } = operation
  if (did._tag === 'transaction') return { ...operation, did: { ...did, steps: did.steps.map(change) } }
  return did._tag === 'send' || did._tag === 'poll' ? { ...operation, did: change(did) } : operation
}

const withPolls = (
  history: History,
  change: (records: readonly PolledRecord[], of: Operation) => readonly PolledRecord[],
) => ({
  operations: history.operations.map((operation) =>
    withSteps(operation, (step) =>
      step._tag === 'poll' ? { ...step, records: change(step.records, operation) } : step,
    ),
  ),
})

const changed = (history: History, one: Operation, to: Partial<Operation>): History => ({
  operations: history.operations.map((operation) => (operation === one ? { ...operation, ...to } : operation)),
})

const sentBy = (operation: Operation): readonly SentRecord[] =>
  stepsOf(operation).flatMap((step) => (step._tag === 'send' ? step.records : []))
const polledBy = (operation: Operation): readonly PolledRecord[] =>
  stepsOf(operation).flatMap((step) => (step._tag === 'poll' ? step.records : []))

const isAt = (a: SentRecord, b: SentRecord) => a.partition === b.partition && a.value === b.value

/** All that is in the log, in the order of each partition. */
const logOf = ({ operations }: History): readonly PolledRecord[] =>
  operations.filter(({ process }) => process === reader).flatMap(polledBy)

const isLast = (log: readonly PolledRecord[], record: PolledRecord) =>
  log.findLast(({ partition }) => partition === record.partition) === record

const withoutAnybodyReading = (history: History, gone: SentRecord): History =>
  withPolls(history, (records) => records.filter((record) => !isAt(record, gone)))

/** Adds a record behind the last one that the reader polls of its partition. */
const readBehindAll = (history: History, { partition, value }: SentRecord): History | undefined => {
  const last = logOf(history).findLast((record) => record.partition === partition)
  return last === undefined
    ? undefined
    : withPolls(history, (records, { process }) =>
        process === reader && records.includes(last)
          ? records.flatMap((record) =>
              record === last ? [last, { topic, partition, value, offset: last.offset + 1 }] : [record],
            )
          : records,
      )
}

/** Two records of one partition that one operation has polled next to each other, and a third where there is one. */
const neighbours = (operation: Operation): readonly (readonly PolledRecord[])[] => {
  const polled = polledBy(operation)
  return [0, 1].flatMap((partition) => {
    const own = polled.filter((record) => record.partition === partition)
    return own.slice(1).map((_, at) => own.slice(at, at + 3))
  })
}

const polls = ({ operations }: History): readonly Operation[] =>
  operations.filter(({ did }) => did._tag === 'poll' && (did.rebalanced ?? []).length === 0)

const committed = (history: History): readonly Operation[] => {
  const log = logOf(history)
  return history.operations.filter(
    (operation) =>
      operation.did._tag === 'transaction' && sentBy(operation).some((record) => log.some((one) => isAt(one, record))),
  )
}

export const mutations: readonly Mutation[] = [
  {
    what: 'nobody reads an acknowledged record that is not the last',
    shows: ['lost-write'],
    mutate: (history, choose) => {
      const log = logOf(history)
      const known = history.operations
        .flatMap((one) => (one.outcome === 'ok' ? sentBy(one) : []))
        .filter(({ offset }) => offset !== undefined)
      const lost = choose(known.filter((sent) => log.some((record) => isAt(record, sent) && !isLast(log, record))))
      return lost && withoutAnybodyReading(history, lost)
    },
  },
  {
    what: 'nobody reads one record of a transaction of which nothing is known',
    shows: ['lost-write', 'unseen'],
    mutate: (history, choose) => {
      const unknown = committed(history).filter((one) => one.outcome === 'unknown' && sentBy(one).length > 1)
      const lost = choose(unknown.flatMap(sentBy))
      return lost && withoutAnybodyReading(history, lost)
    },
  },
  {
    what: 'nobody reads the last record',
    shows: ['unseen'],
    mutate: (history, choose) => {
      const log = logOf(history)
      const acknowledged = history.operations.flatMap((one) => (one.outcome === 'ok' ? sentBy(one) : []))
      const last = choose(
        log.filter((record) => isLast(log, record) && acknowledged.some((sent) => isAt(sent, record))),
      )
      return last && withoutAnybodyReading(history, last)
    },
  },
  {
    what: 'a value comes again',
    shows: ['duplicate'],
    mutate: (history, choose) => {
      const again = choose(logOf(history))
      return again && readBehindAll(history, again)
    },
  },
  {
    what: 'two records have changed places for the last reader',
    shows: ['inconsistent-offsets'],
    mutate: (history, choose) => {
      const log = logOf(history)
      const seen = history.operations.filter(({ process }) => process !== reader).flatMap(polledBy)
      const one = choose(seen)
      const other = choose(
        log.filter((record) => one !== undefined && record.partition === one.partition && !isAt(record, one)),
      )
      if (one === undefined || other === undefined) return undefined
      return withPolls(history, (records, { process }) =>
        process !== reader
          ? records
          : records.map((record) =>
              isAt(record, one)
                ? { ...record, value: other.value }
                : isAt(record, other)
                  ? { ...record, value: one.value }
                  : record,
            ),
      )
    },
  },
  {
    what: 'what failed is read',
    shows: ['G1a'],
    mutate: (history, choose) => {
      const failed = choose(history.operations.flatMap((one) => (one.outcome === 'failed' ? sentBy(one) : [])))
      return failed && readBehindAll(history, failed)
    },
  },
  {
    what: 'a value is read that nobody has sent',
    shows: ['unwritten'],
    mutate: (history, choose) => readBehindAll(history, { topic, partition: choose([0, 1]) ?? 0, value: 'nobody’s' }),
  },
  {
    what: 'a transaction reads what it has sent',
    shows: ['precommitted-read'],
    mutate: (history, choose) => {
      const one = choose(committed(history))
      const own = logOf(history).find((record) => one !== undefined && sentBy(one).some((sent) => isAt(sent, record)))
      if (one?.did._tag !== 'transaction' || own === undefined) return undefined
      return changed(history, one, { did: { ...one.did, steps: [...one.did.steps, { _tag: 'poll', records: [own] }] } })
    },
  },
  {
    what: 'a transaction is told to commit when all is over',
    shows: ['precommitted-read'],
    mutate: (history, choose) => {
      const one = choose(committed(history))
      if (one?.did._tag !== 'transaction') return undefined
      return changed(history, one, { did: { ...one.did, commitMs: 1_000_000 } })
    },
  },
  {
    what: 'two transactions read each other',
    shows: ['G1c'],
    mutate: (history, choose) => {
      const one = choose(committed(history))
      const other = choose(committed(history).filter((each) => each !== one))
      const log = logOf(history)
      const of = (each: Operation | undefined) =>
        log.filter((record) => each !== undefined && sentBy(each).some((sent) => isAt(sent, record))).slice(0, 1)
      if (one?.did._tag !== 'transaction' || other?.did._tag !== 'transaction') return undefined
      const did = { ...one.did, steps: [...one.did.steps, { _tag: 'poll' as const, records: of(other) }] }
      const otherDid = { ...other.did, steps: [...other.did.steps, { _tag: 'poll' as const, records: of(one) }] }
      return changed(changed(history, one, { did }), other, { did: otherDid }).operations.length > 0
        ? {
            operations: history.operations.map((each) =>
              each === one ? { ...each, did } : each === other ? { ...each, did: otherDid } : each,
            ),
          }
        : undefined
    },
  },
  {
    what: 'a poll misses one in its middle',
    shows: ['int-poll-skip'],
    mutate: (history, choose) => {
      const one = choose(
        polls(history).filter((each) => each.process !== reader && neighbours(each).some(({ length }) => length === 3)),
      )
      const middle = choose((one === undefined ? [] : neighbours(one)).filter(({ length }) => length === 3))?.[1]
      return (
        middle &&
        withPolls(history, (records, of) => (of === one ? records.filter((record) => record !== middle) : records))
      )
    },
  },
  {
    what: 'a poll answers backwards',
    shows: ['int-nonmonotonic-poll'],
    mutate: (history, choose) => {
      const one = choose(polls(history).filter((each) => neighbours(each).length > 0))
      return one && withPolls(history, (records, of) => (of === one ? [...records].reverse() : records))
    },
  },
  {
    what: 'a poll is left out',
    shows: ['poll-skip'],
    mutate: (history, choose) => {
      const log = logOf(history)
      const some = polls(history).filter(({ process }) => process === reader)
      const one = choose(some.filter((each) => polledBy(each).some((record) => !isLastOf(each, record, log))))
      const seen = one === undefined ? [] : polledBy(one)
      const elsewhere = history.operations
        .filter((each) => each !== one)
        .flatMap((each) => [
          ...polledBy(each),
          ...(each.outcome === 'ok' ? sentBy(each).filter(({ offset }) => offset !== undefined) : []),
        ])
      const isKnown = seen.some(
        (record) => !isLastOf(one as Operation, record, log) && elsewhere.some((other) => isAt(other, record)),
      )
      return isKnown ? { operations: history.operations.filter((each) => each !== one) } : undefined
    },
  },
  {
    what: 'a poll is answered twice',
    shows: ['nonmonotonic-poll'],
    mutate: (history, choose) => {
      const one = choose(polls(history).filter((each) => each.process === reader && polledBy(each).length > 0))
      return (
        one && {
          operations: history.operations.flatMap((each) =>
            each === one ? [each, { ...each, index: each.index + 0.5 }] : [each],
          ),
        }
      )
    },
  },
  {
    what: 'what an operation sends lies the other way round',
    shows: ['int-nonmonotonic-send'],
    mutate: (history, choose) => {
      const log = logOf(history)
      const one = choose(
        history.operations.filter(
          ({ did }) =>
            did._tag === 'send' &&
            did.records.length > 1 &&
            did.records.every((sent) => log.some((record) => isAt(record, sent))),
        ),
      )
      return one?.did._tag === 'send'
        ? changed(history, one, { did: { ...one.did, records: [...one.did.records].reverse() } })
        : undefined
    },
  },
  {
    what: 'what a process sends lies the other way round',
    shows: ['nonmonotonic-send'],
    mutate: (history, choose) => {
      const sends = history.operations.filter(({ did, outcome }) => did._tag === 'send' && outcome === 'ok')
      const one = choose(sends)
      const other = choose(
        sends.filter(
          (each) =>
            each !== one && each.process === one?.process && sentBy(each)[0]?.partition === sentBy(one)[0]?.partition,
        ),
      )
      if (one === undefined || other === undefined) return undefined
      return {
        operations: history.operations.map((each) =>
          each === one ? { ...each, did: other.did } : each === other ? { ...each, did: one.did } : each,
        ),
      }
    },
  },
]

/** Whether nothing of its partition follows in the operation or behind it. */
const isLastOf = (operation: Operation, record: PolledRecord, log: readonly PolledRecord[]): boolean => {
  const own = polledBy(operation).findLast(({ partition }) => partition === record.partition)
  return own !== undefined && isLast(log, own)
}
