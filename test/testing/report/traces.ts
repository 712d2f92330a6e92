import type { TraceEntry, TraceSubject } from '../../../src/engines/simulated/world/trace.ts'
import type { Outcome } from '../../../src/testing/simulation/plan.ts'

export const happened = (at: number, process: string, what: string, about: TraceSubject = 'process'): TraceEntry => ({
  _tag: 'happened',
  at,
  process,
  about,
  what,
})

/** A message that arrives half a millisecond later, each time. */
export const message = (
  number: number,
  at: number,
  { from, to, what, detail }: { from: string; to: string; what: string; detail?: string },
  arrivals = 1,
): readonly TraceEntry[] => [
  { _tag: 'sent', at, message: number, from, to, what, ...(detail === undefined ? {} : { detail }) },
  ...Array.from(
    { length: arrivals },
    (_, time): TraceEntry => ({ _tag: 'delivered', at: at + 0.5 + time, message: number }),
  ),
]

export const outcomeOf = (trace: readonly TraceEntry[], violations: Outcome['violations'] = []): Outcome => ({
  violations,
  hash: '00c0ffee00c0ffee',
  steps: 120,
  virtualMs: trace.at(-1)?.at ?? 0,
  tape: {},
  reached: new Set(),
  trace,
})

/** A batch that is written twice, since its first answer was lost. */
export const doubledBatch: Outcome = outcomeOf(
  [
    happened(0, 'broker-0', 'starts'),
    happened(10, 'broker-0', 'leads orders-0 (epoch 0), which ends at 0', 'leadership'),
    happened(11, 'broker-0', 'leads sums-0 (epoch 0), which ends at 0', 'leadership'),
    happened(1_500, 'app-1', 'starts'),
    happened(1_510, 'app-1', "is given orders-0 in generation 1 of group 'sums'", 'group'),
    ...message(0, 1_511, { from: 'broker-0', to: 'controller', what: 'brokerHeartbeat' }),
    happened(1_512, 'app-1', 'reads 2 records of orders-0, 0 to 1', 'records'),
    happened(1_512, 'app-1', "begins a transaction of 'sums/0' (producer 5, epoch 0)", 'transaction'),
    { _tag: 'fault', at: 1_513, what: 'loss (10 % of the messages)', processes: [], until: 1_600 },
    happened(1_514, 'app-1', 'sends 2 records to sums-0 (sequence 0 of producer 5, epoch 0)', 'records'),
    ...message(1, 1_514, { from: 'app-1', to: 'broker-0', what: 'produce', detail: '2 records to sums-0' }),
    happened(1_514.5, 'broker-0', 'writes 2 records to sums-0 at 0', 'records'),
    {
      _tag: 'sent',
      at: 1_515,
      message: 2,
      from: 'broker-0',
      to: 'app-1',
      what: 'produce: answer',
      detail: 'sums-0 at 0',
    },
    { _tag: 'lost', at: 1_515, message: 2, why: 'lost' },
    happened(3_514, 'app-1', 'sends again 2 records to sums-0 (sequence 0 of producer 5, epoch 0)', 'records'),
    ...message(3, 3_514, { from: 'app-1', to: 'broker-0', what: 'produce', detail: '2 records to sums-0' }, 2),
    happened(3_514.5, 'broker-0', 'writes 2 records to sums-0 at 2', 'records'),
    happened(3_530, 'app-1', "has committed 'sums/0'", 'transaction'),
    { _tag: 'violated', at: 0, what: "exactlyOnce('sums') does not hold:\n  repeated: a → 1" },
  ],
  [
    {
      kind: 'exactlyOnce',
      message: "exactlyOnce('sums') does not hold:\n  repeated: a → 1 (there 2×, expected 1×)",
      atMs: 0,
    },
  ],
)
