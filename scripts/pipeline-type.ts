/**
 * Prints src/pipeline/pipeline.ts: `pipe` has an overload for each number of operators. RxJS stops at nine and then
 * forgets the types; pipelines are longer.
 *
 *     node scripts/pipeline-type.ts > src/pipeline/pipeline.ts
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

/** The source of src/pipeline/pipeline.ts. */
export const pipelineType = (): string => `// Written by scripts/pipeline-type.ts: change it there.
import type { OperatorFunction } from 'rxjs'
import type { AnyTopic } from '../contracts/topic.ts'

/** What a pipeline reads: one topic or more. */
export type Topics = readonly [AnyTopic, ...AnyTopic[]]

// biome-ignore lint/suspicious/noExplicitAny: operators in a row are typed by \`pipe\`; kept in a list, only \`any\` fits all
export type AnyOperator = OperatorFunction<any, any>

/**
 * A pipeline as data: what it reads, and what it does to each record. Nothing happens until it is run, and one
 * pipeline may be run under many names.
 */
export interface Pipeline<T extends Topics, A> {
  readonly topics: T
  /** In the order in which they were piped. */
  readonly operators: readonly AnyOperator[]
  /** Another pipeline, with these operators behind those of this one. */
  readonly pipe: Pipe<T, A>
}

/** Adds operators, in this order; up to ${most}, each typed by the one before. */
export interface Pipe<T extends Topics, A> {
  (): Pipeline<T, A>
${Array.from({ length: most }, (_, at) => overload(at + 1)).join('\n')}
}
`

if (import.meta.main) process.stdout.write(pipelineType())
