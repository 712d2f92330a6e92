import { without } from '../../src/jobs/mover-mutant.ts'
import type { Planted } from './mutants.ts'
import { orderTimeouts, paidElsewhere, unpaid } from './programs/delayed.ts'

/** What is left out of what moves delayed jobs. That a cancellation is read in time is put to the test in test/jobs. */
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
]
