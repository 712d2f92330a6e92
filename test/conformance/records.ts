export { batch, readAll, seenIn, valuesOf } from '../../src/testing/conformance/records.ts'
