import '../millrace/require-node.ts'

// many runs of a program, with faults; one story, step by step
export type { ClusterOptions } from '../engines/simulated/cluster-options.ts'
export type { FaultName } from '../engines/simulated/faults/fault.ts'
export type { DeliveryEngine } from './delivery-engine.ts'
export { DeliveryError } from './delivery-error.ts'
export type { DeliverySemantics } from './delivery-options.ts'
export { type DeliveryReport, deliverySemantics } from './delivery-semantics.ts'
export type { Duration } from './duration.ts'
export type { Expect, Expectation, Expected, Input, Model } from './expectations.ts'
export type { FaultIntensities, FaultPreset, Faults, GradualIntensity, Intensity } from './faults.ts'
export type { Drawn, InputRecord } from './input-record.ts'
export { type SimulateOptions, simulate } from './simulate.ts'
export { NotInTime } from './simulation/driver.ts'
export type { MachineMutant, MachineOptions } from './simulation/machine/machine-options.ts'
export type { Outcome, Violation } from './simulation/plan.ts'
export { NotRepeatable } from './simulation/same-twice.ts'
export type { Scenario, SimulatedApp, SimulatedBroker } from './simulation/scenario.ts'

// one pipeline, in memory
export { type PipedInput, type TestedPipeline, type TestPipelineOptions, testPipeline } from './test-pipeline.ts'

// the records of a test, a history, a failure: what `expect` may ask of them
export type { MatcherResult } from './matchers/matcher-result.ts'
export { type MillraceMatchers, millraceMatchers } from './matchers/millrace-matchers.ts'

// what clients did and were answered, and what that shows
export { type Anomaly, type AnomalyKind, anomalyKinds } from './history/anomalies.ts'
export { type CheckOptions, checkHistory, type HistoryReport } from './history/check-history.ts'
export type {
  Assign,
  Crash,
  Did,
  History,
  Operation,
  Outcome as OperationOutcome,
  Poll,
  PolledRecord,
  Send,
  SentRecord,
  Subscribe,
  Transaction,
  Value,
} from './history/history.ts'
export { type HistoryRecorder, historyRecorder, type Recording } from './history/history-recorder.ts'

// what every engine owes
export { describeConformance, type TestRunner } from './conformance/describe-conformance.ts'
export { type EngineLaw, engineConformance } from './conformance/engine-conformance.ts'
export type { LawOutcome } from './conformance/hold-to-law.ts'
export { LawBroken } from './conformance/law-broken.ts'
export type { ConformanceOptions, EngineSubject } from './conformance/subject.ts'

// what a simulated program may not do
export { OutsideWorld } from './virtual-globals/outside-world.ts'
