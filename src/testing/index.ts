export type { ClusterOptions } from '../engines/simulated/cluster-options.ts'
export type { FaultName } from '../engines/simulated/faults/fault.ts'
export { DeliveryError } from './delivery-error.ts'
export {
  type DeliveryReport,
  type DeliverySemantics,
  deliverySemantics,
  type Faults,
} from './delivery-semantics.ts'
export type { Expect, Expectation, Expected, Input, Model } from './expectations.ts'
