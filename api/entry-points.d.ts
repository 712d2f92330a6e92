/** All that a program can import, for API Extractor, which takes one file: `millrace`, and `millrace/operators` and `millrace/testing` as namespaces. */

export * as operators from '../dist/operators/index.js'
export * from '../dist/src/index.js'
export * as testing from '../dist/src/testing/index.js'
