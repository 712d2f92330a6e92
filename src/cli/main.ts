#!/usr/bin/env node
import { createRequire } from 'node:module'

const { version } = createRequire(import.meta.url)('millrace/package.json') as { readonly version: string }

const usage = `millrace ${version}: stream processing for TypeScript

  millrace --version   print the version
  millrace --help      print this

Pipelines are programs: see https://www.npmjs.com/package/millrace`

const [argument = '--help', ...rest] = process.argv.slice(2)
if (rest.length === 0 && (argument === '--version' || argument === '-v')) console.log(version)
else if (rest.length === 0 && (argument === '--help' || argument === '-h')) console.log(usage)
else {
  console.error(`millrace does not know '${[argument, ...rest].join(' ')}'\n\n${usage}`)
  process.exitCode = 2
}
