/** `npm run example` lists the examples, `npm run example -- NAME` runs one. */
import { readdirSync, readFileSync } from 'node:fs'

const folder = new URL('./', import.meta.url)
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => file.slice(0, -'.ts'.length))

/** The comment an example begins with. */
const summary = (name: string): string =>
  /^\/\*\* (.*) \*\/$/m.exec(readFileSync(new URL(`${name}.ts`, folder), 'utf8'))?.[1] ?? ''

const list = names.map((name) => `  ${name.padEnd(12)} ${summary(name)}`).join('\n')
const usage = `npm run example -- NAME    runs an example, in a directory of its own that it removes
npm run example            lists them, as --help does

${list}
`

const [name] = process.argv.slice(2)
if (name === undefined || name === '--help' || name === '-h') console.log(usage)
else if (names.includes(name)) await import(new URL(`${name}.ts`, folder).href)
else {
  console.error(`There is no example '${name}'.\n\n${usage}`)
  process.exitCode = 2
}
