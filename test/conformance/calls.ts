export { ok, refusal } from '../../src/testing/conformance/calls.ts'
