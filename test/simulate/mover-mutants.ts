import { without } from '../../src/jobs/mover-mutant.ts'
import type { Planted } from './mutants.ts'
import { orderTimeouts, paidElsewhere, paidInTime, soonUnpaid, unpaid } from './programs/delayed.ts'

/** What is left out of what moves delayed jobs. */
export const moverMutants: readonly Planted[] = [
  {
    name: 'fired-early',
    breaks: 'neverEarly',
    program: orderTimeouts(without('fired-early', unpaid)),
    faults: ['delay'],
    runs: 10,
    isCheap: true,
  },
  {
    name: 'cancel-ahead-lost',
    breaks: 'atMostOnce',
    program: paidElsewhere(without('cancel-ahead-lost', unpaid)),
    faults: ['process-crash', 'delay'],
    runs: 60,
    isCheap: true,
  },
  {
    name: 'cancel-unread',
    breaks: 'atMostOnce',
    program: paidInTime(without('cancel-unread', soonUnpaid)),
    faults: ['delay'],
    runs: 300,
    isCheap: true,
  },
]
