// values
export { filterValue } from './filter-value.ts'
export { flatMapValue } from './flat-map-value.ts'
export { mapValue } from './map-value.ts'

// whole records
export { filterRecord } from './filter-record.ts'
export { isFrom } from './is-from.ts'
export { mapRecord } from './map-record.ts'
export { rekey } from './rekey.ts'
export { tapEach } from './tap-each.ts'

// where records go
export { type Arm, branch } from './branch.ts'
export { type Fits, to } from './to.ts'

// work that takes its time, or may fail
export { attempt, type Failure, type Settled } from './attempt.ts'
export { type InBatchesOptions, inBatches } from './in-batches.ts'
export { lefts } from './lefts.ts'
export { mapAsync } from './map-async.ts'
export { rights } from './rights.ts'

// state
export { type DistinctByKeyOptions, distinctByKey } from './distinct-by-key.ts'
export { scanByKey } from './scan-by-key.ts'

// later
export { cancel } from './cancel.ts'
export { schedule } from './schedule.ts'

// RxJS's own operators
export { perRecord } from './per-record.ts'
