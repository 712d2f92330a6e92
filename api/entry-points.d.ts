/** All that a program can import, for API Extractor, which takes one file: `millrace`, and `millrace/operators`, `millrace/engine` and `millrace/testing` as namespaces. */

export * as operators from '../dist/operators/index.js'
export * as engine from '../dist/src/engine.js'
export * from '../dist/src/index.js'
export * as testing from '../dist/src/testing/index.js'
