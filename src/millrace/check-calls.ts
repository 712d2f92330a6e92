import { refuseArgument, requireFunction, requireName, requireTopic } from '../codec/arguments.ts'
import { refuseUnknownOptions } from '../codec/known-options.ts'
import { checkCount } from '../codec/option-values.ts'
import type { AnyTopic } from '../contracts/topic.ts'

/** Refuses a call of `send` (`call` says which) that has no topic, or no array of records for it. */
export const checkSend = (call: string, topic: AnyTopic, records: unknown): void => {
  requireTopic(`${call}(…)`, topic)
  if (!Array.isArray(records))
    refuseArgument(
      `${call}('${topic.name}', …)`,
      'an array of records',
      records,
      `write ${call}(topic, [{ key, value }])`,
    )
}

/** Refuses a run of what is no pipeline, or that has no name. */
export const checkRun = (name: unknown, pipeline: unknown): void => {
  requireName('run(…)', "the pipeline's name first", name, "run('billing', pipeline)")
  requirePipeline(`run('${name}', …)`, pipeline)
}

/** Refuses what is no pipeline. */
export const requirePipeline = (call: string, pipeline: unknown): void => {
  const isPipeline =
    typeof pipeline === 'object' && pipeline !== null && 'operators' in pipeline && 'topics' in pipeline
  if (!isPipeline) refuseArgument(call, 'a pipeline', pipeline, 'begin one with stream(topic).pipe(…), and pass that')
}

/** Refuses what `running.stop` takes for no time limit. */
export const checkStop = (name: string, options: object): void => {
  refuseUnknownOptions(`stop of pipeline '${name}'`, options, ['timeoutMs'])
  checkCount(`stop of pipeline '${name}'`, 'timeoutMs', 'timeoutMs' in options ? options.timeoutMs : undefined, 0)
}

/** Refuses a transaction that has nothing to do, or options, which there are none of. */
export const checkTransaction = (work: unknown, more: readonly unknown[]): void => {
  const example = 'transaction(async (tx) => { await tx.send(topic, records) })'
  requireFunction('transaction(…)', 'an async function of the transaction', work, example)
  if (more.length > 0)
    refuseArgument('transaction(…)', 'the function alone', more[0], 'its producer is given options in connect(url, …)')
}
