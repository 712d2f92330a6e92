import { lastUsableEpoch } from '../../../protocol/broker/transaction-state.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import type { Fault } from './fault.ts'
import type { Begin } from './scene.ts'

type Beginning = Pick<
  ClusterOptions,
  'firstSequence' | 'firstProducerEpoch' | 'firstTransactionEpoch' | 'firstProducerId' | 'firstOffset'
>

const sequences = 2 ** 31
/** So far from its end that no run uses up what is left. */
const spare = 1_000_000
/** How many records come before a wrap, at most. */
const recordsMax = 20
/** Where offsets do not fit any longer into what they are kept in by mistake, and where there are no more. */
const offsets = [2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER - spare] as const

/** How a cluster begins under these faults: near the ends of its numbers where `near-wrap` is among them. */
export const beginningUnder = (faults: readonly Fault[]): Partial<Beginning> => {
  const fault = faults.find(({ name }) => name === 'near-wrap')
  if (fault === undefined) return {}
  const { target, extent } = fault
  const records = 1 + Math.round((1 - extent) * (recordsMax - 1))
  const epochs = target % 4
  return {
    firstSequence: sequences - records,
    firstProducerEpoch: lastUsableEpoch - epochs,
    firstTransactionEpoch: lastUsableEpoch - 1 - epochs,
    firstProducerId: Number.MAX_SAFE_INTEGER - spare,
    firstOffset: (offsets[target % offsets.length] ?? 0) - records,
  }
}

/** It has begun with the cluster: this tells of it. */
export const nearWrap: Begin = (_, fault) => {
  const { firstSequence, firstTransactionEpoch, firstOffset } = beginningUnder([fault])
  const what = `numbers near their ends since the beginning: sequences at ${firstSequence}, epochs at ${firstTransactionEpoch}, offsets at ${firstOffset}`
  return { what, processes: [], undo: () => {} }
}
