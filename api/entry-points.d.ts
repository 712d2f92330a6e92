/** All that a program can import, for API Extractor, which takes one file: `millrace`, and `millrace/operators` as a namespace. */

export * as operators from '../dist/operators/index.js'
export * from '../dist/src/index.js'
