// many runs of a program, with faults; one story, step by step
export type { ClusterOptions } from '../engines/simulated/cluster-options.ts'
export type { FaultName } from '../engines/simulated/faults/fault.ts'
export { DeliveryError } from './delivery-error.ts'
export type { DeliverySemantics, Faults } from './delivery-options.ts'
export { type DeliveryReport, deliverySemantics } from './delivery-semantics.ts'
export type { Duration } from './duration.ts'
export type { Expect, Expectation, Expected, Input, Model } from './expectations.ts'
export { type SimulateOptions, simulate } from './simulate.ts'
export { NotInTime } from './simulation/driver.ts'
export type { Outcome, Violation } from './simulation/plan.ts'
export { NotRepeatable } from './simulation/same-twice.ts'
export type { Scenario, SimulatedApp, SimulatedBroker } from './simulation/scenario.ts'

// one pipeline, in memory
export { type PipedInput, type TestedPipeline, type TestPipelineOptions, testPipeline } from './test-pipeline.ts'

// what a simulated program may not do
export { OutsideWorld } from './virtual-globals/outside-world.ts'
