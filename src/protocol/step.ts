/** What a command makes of a machine: its next state, and what is to be done, in this order. */
export type Step<State, Effect> = readonly [State, readonly Effect[]]

/** `step`, then `next` on what came of it; the effects of both. */
export const andThen = <State, Effect>(
  [state, effects]: Step<State, Effect>,
  next: (state: State) => Step<State, Effect>,
): Step<State, Effect> => {
  const [after, more] = next(state)
  return [after, more.length === 0 ? effects : [...effects, ...more]]
}
