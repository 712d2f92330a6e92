/**
 * Prints src/pipeline/pipe.ts: `pipe` with an overload for each number of operators. RxJS stops at nine and then
 * forgets the types; pipelines are longer.
 *
 *     node scripts/pipe-overloads.ts > src/pipeline/pipe.ts
 */
const most = 24

/** Of biome.json, so that the formatter has nothing to say. */
const lineWidth = 120

const type = (at: number): string => (at === 0 ? 'A' : `B${at}`)

const overload = (operators: number): string => {
  const steps = Array.from({ length: operators }, (_, at) => at + 1)
  const parameters = steps.map((at) => `o${at}: OperatorFunction<${type(at - 1)}, ${type(at)}>`)
  const head = `  <${steps.map(type).join(', ')}>(`
  const tail = `): Pipeline<T, ${type(operators)}>`
  const line = head + parameters.join(', ') + tail
  return line.length <= lineWidth ? line : `${head}\n    ${parameters.join(',\n    ')},\n  ${tail}`
}

export const pipeSource = (): string => `import type { OperatorFunction } from 'rxjs'
import type { Pipeline, Topics } from './stream.ts'

/** Adds operators, in this order; up to ${most}, each typed by the one before. Written by scripts/pipe-overloads.ts. */
export interface Pipe<T extends Topics, A> {
  (): Pipeline<T, A>
${Array.from({ length: most }, (_, at) => overload(at + 1)).join('\n')}
}
`

if (import.meta.main) process.stdout.write(pipeSource())
