import { deadLetterTopics } from '../../pipeline/on-error.ts'
import { type Guarantee, type RunOptions, settingsOf } from '../../pipeline/options.ts'
import { planOf } from '../../pipeline/plan.ts'
import type { Pipeline, Topics } from '../../pipeline/stream.ts'

/** A pipeline that a program has run, as far as others can see it. */
export interface PipelineAtWork {
  /** Of its group, too. */
  readonly name: string
  /** Topics, by name. */
  readonly reads: readonly string[]
  readonly writes: readonly string[]
  readonly guarantee: Guarantee
}

/** **Errors** throws as running it would, for a pipeline that cannot be run. */
export const pipelineAtWork = <T extends Topics>(
  name: string,
  pipeline: Pipeline<T, unknown>,
  options: RunOptions<T> | undefined,
): PipelineAtWork => {
  const { uses, onError, guarantee } = settingsOf(name, options as RunOptions | undefined)
  const { topics, outputs } = planOf(name, pipeline, [...uses, ...deadLetterTopics(onError)])
  return { name, reads: topics.map((topic) => topic.name), writes: [...outputs.keys()], guarantee }
}
