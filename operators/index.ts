// values

// work that takes its time, or may fail
export { attempt, type Failure, type Settled } from './attempt.ts'
// where records go
export { type Arm, branch } from './branch.ts'
// whole records
export { filterRecord } from './filter-record.ts'
export { filterValue } from './filter-value.ts'
export { flatMapValue } from './flat-map-value.ts'
export { type InBatchesOptions, inBatches } from './in-batches.ts'
export { isFrom } from './is-from.ts'
export { lefts } from './lefts.ts'
export { mapAsync } from './map-async.ts'
export { mapRecord } from './map-record.ts'
export { mapValue } from './map-value.ts'
// RxJS's own operators
export { perRecord } from './per-record.ts'
export { rekey } from './rekey.ts'
export { rights } from './rights.ts'
// state
export { scanByKey } from './scan-by-key.ts'
export { tapEach } from './tap-each.ts'
export { type Fits, to } from './to.ts'
