import '../../millrace/require-node.ts'

export { type ArbitraryKeysOptions, arbitraryKeys } from './arbitrary-keys.ts'
export { arbitraryRecord, type RecordParts } from './arbitrary-record.ts'
export { type ArbitraryRecordsOptions, arbitraryRecords } from './arbitrary-records.ts'
export { type ArbitraryScheduleOptions, arbitrarySchedule, type Moment } from './arbitrary-schedule.ts'
