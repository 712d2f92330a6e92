import type { RandomStreams } from './random-streams.ts'

/** What a world decides where it could go either way, each kind on a tape of its own. */
export type ChoiceStream = 'network' | 'lateness' | 'disk' | 'process'

/** What was chosen, in order, by stream; behind the end of a stream everything is 0. */
export type ChoiceTape = Readonly<Partial<Record<ChoiceStream, readonly number[]>>>

/**
 * Every decision of a run that is not the program's own. 0 always means: in order, and no fault.
 *
 * **Guarantees** the same seed, or the same tape, makes the same choices; what was chosen from a seed, played back as a
 * tape, is the same run. A tape of nothing is the quiet run.
 */
export class Choices {
  readonly #random: RandomStreams | undefined
  readonly #given: ChoiceTape
  readonly #made = new Map<ChoiceStream, number[]>()

  private constructor(random: RandomStreams | undefined, given: ChoiceTape) {
    this.#random = random
    this.#given = given
  }

  static drawn(random: RandomStreams): Choices {
    return new Choices(random, {})
  }

  static played(tape: ChoiceTape): Choices {
    return new Choices(undefined, tape)
  }

  /** One of `options` (at least 1): 0, or with `chance` (0 to 1) one of the others, each as likely. */
  pick(stream: ChoiceStream, options: number, chance: number): number {
    let made = this.#made.get(stream)
    if (made === undefined) {
      made = []
      this.#made.set(stream, made)
    }
    const choice =
      this.#random === undefined
        ? Math.min(this.#given[stream]?.[made.length] ?? 0, options - 1)
        : draw(this.#random.stream(`choice:${stream}`).next(), options, chance)
    made.push(choice)
    return choice
  }

  /** What was chosen until now, without the zeros at the end. */
  get tape(): ChoiceTape {
    const tape: Partial<Record<ChoiceStream, readonly number[]>> = {}
    for (const [stream, made] of this.#made) {
      const last = made.findLastIndex((choice) => choice !== 0)
      if (last !== -1) tape[stream] = made.slice(0, last + 1)
    }
    return tape
  }
}

/** One draw for both whether and which, so that a stream advances by one at each choice. */
const draw = (uniform: number, options: number, chance: number): number =>
  uniform >= chance || options < 2 ? 0 : 1 + Math.floor((uniform / chance) * (options - 1))
