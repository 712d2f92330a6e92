/**
 * Prints src/pipeline/pipe.ts: `pipe` with an overload for each number of operators. RxJS stops at nine and then
 * forgets the types; pipelines are longer.
 *
 *     node scripts/pipe-overloads.ts > src/pipeline/pipe.ts
 */
const most = 24

const type = (at: number): string => (at === 0 ? 'A' : `B${at}`)

const overload = (operators: number): string => {
  const steps = Array.from({ length: operators }, (_, at) => at + 1)
  const parameters = steps.map((at) => `    o${at}: OperatorFunction<${type(at - 1)}, ${type(at)}>,`)
  return `  <${steps.map(type).join(', ')}>(\n${parameters.join('\n')}\n  ): Pipeline<T, ${type(operators)}>`
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
