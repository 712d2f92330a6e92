/** `npm run example` lists the examples, `npm run example -- NAME` runs one. */
import { readdirSync, readFileSync } from 'node:fs'

const folder = new URL('./', import.meta.url)
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => file.slice(0, -'.ts'.length))

/** The comment an example begins with. */
const summary = (name: string): string =>
  /^\/\*\* (.*) \*\/$/m.exec(readFileSync(new URL(`${name}.ts`, folder), 'utf8'))?.[1] ?? ''

const list = (): string => names.map((name) => `  ${name.padEnd(12)} ${summary(name)}`).join('\n')

const [name] = process.argv.slice(2)
if (name === undefined) console.log(`npm run example -- NAME, where NAME is one of\n\n${list()}\n`)
else if (names.includes(name)) await import(new URL(`${name}.ts`, folder).href)
else {
  console.error(`There is no example '${name}'. There are\n\n${list()}\n`)
  process.exitCode = 2
}
