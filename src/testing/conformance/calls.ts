import type { Call } from '../../contracts/engine.ts'
import { type EngineFailure, MillraceError } from '../../contracts/failure.ts'
import type { TopicConfig } from '../../contracts/topic.ts'
import { asText } from './as-text.ts'
import type { EngineSubject, Scenario } from './subject.ts'

/** Runs a call that must succeed. */
export const ok = async <A>(call: Call<A>): Promise<A> => {
  const result = await call()
  if (result._tag === 'Left') throw new MillraceError(result.left)
  return result.right
}

/** Runs a call that must fail, and answers its failure. */
export const refusal = async (call: Call<unknown>): Promise<EngineFailure> => {
  const result = await call()
  if (result._tag === 'Right') throw new Error(`expected a failure, got ${asText(result.right)}`)
  return result.left
}

/** Waits for `promise` while time passes for the engine, in steps that no time limit of the suite is shorter than. */
export const eventually = async <A>(
  { elapse }: Pick<EngineSubject, 'elapse'>,
  promise: Promise<A>,
  limitMs = 60_000,
): Promise<A> => {
  const state = { done: false }
  const settle = () => {
    state.done = true
  }
  promise.then(settle, settle)
  for (let waited = 0; waited < limitMs && !state.done; waited += 50) await elapse(50)
  if (!state.done) throw new Error(`nothing happened within ${limitMs} ms of the engine's time`)
  return promise
}

/** Asks again while time passes, until the answer fits; `told` is what a message shows of the last one. */
export const until = async <A>(
  { elapse }: Pick<EngineSubject, 'elapse'>,
  ask: () => Promise<A>,
  fits: (a: A) => boolean,
  told: (a: A) => unknown = (a) => a,
): Promise<A> => {
  let answer = await ask()
  for (let waited = 0; waited < 60_000 && !fits(answer); waited += 50) {
    await elapse(50)
    answer = await ask()
  }
  if (fits(answer)) return answer
  throw new Error(
    `what was waited for did not come within a minute of the engine's time; at last: ${asText(told(answer))}`,
  )
}

/** Creates a topic under a name of the scenario's own. */
export const aTopic = async (
  { engine, unique }: Scenario,
  partitions = 1,
  config: TopicConfig = {},
): Promise<string> => {
  const name = unique('topic')
  await ok(engine.topics.create({ name, partitions, config }))
  return name
}
