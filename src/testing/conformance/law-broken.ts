import { Unequal } from './claims.ts'

/** An engine does not keep a law of the conformance suite. The message has all: which law, what was expected and got. */
export class LawBroken extends Error {
  readonly _tag = 'LawBroken'
  override readonly name = 'LawBroken'
  /** The law's name, as `engineConformance` lists it. */
  readonly law: string
  /** For messages: the engine's own name. */
  readonly engine: string
  /** What was got and what was expected, where that is what broke it: test runners show them side by side. */
  readonly actual?: unknown
  readonly expected?: unknown

  constructor(law: string, engine: string, cause: unknown) {
    super(`the engine '${engine}' breaks the law '${law}':\n  ${reasonOf(cause).replaceAll('\n', '\n  ')}`, { cause })
    this.law = law
    this.engine = engine
    if (!(cause instanceof Unequal)) return
    this.actual = cause.actual
    this.expected = cause.expected
  }
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
