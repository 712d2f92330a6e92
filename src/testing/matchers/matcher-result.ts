/** What a matcher answers, as `expect.extend` of Vitest and Jest wants it. */
export interface MatcherResult {
  readonly pass: boolean
  /** Why it does not match; where it does, why `not` does not. */
  readonly message: () => string
}

/** It matches unless there is something that speaks against it; `otherwise` is the message of `not`. */
export const matcherResult = (against: string | undefined, otherwise: string): MatcherResult => ({
  pass: against === undefined,
  message: () => against ?? otherwise,
})
