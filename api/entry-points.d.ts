/** All that a program can import, for API Extractor, which takes one file: `millrace`, and the others as namespaces. `millrace/testing/vitest` exports nothing. */

export * as operators from '../dist/operators/index.js'
export * as engine from '../dist/src/engine.js'
export * from '../dist/src/index.js'
export * as arbitraries from '../dist/src/testing/arbitraries/index.js'
export * as testing from '../dist/src/testing/index.js'
