import type { Clock } from '../contracts/clock.ts'
import type { Call, Engine } from '../contracts/engine.ts'
import type { RateText } from '../pipeline/rate.ts'
import type { LetterFilter } from '../protocol/retry/redrive.ts'
import type { RedriveTo } from './destinations.ts'
import type { LettersTopic, Read } from './read-letters.ts'

/** What a redrive stands on. */
export interface RedriveParts {
  readonly engine: Engine
  readonly clock: Clock
  readonly letters: LettersTopic
  readonly read: Read
  /** Runs a call, and runs it again where that may help; one of unknown outcome where twice is as good as once. */
  readonly patiently: <A>(call: Call<A>, isHarmless?: boolean) => Promise<A>
  /** How many records one transaction moves at most; 500 where nothing is said. */
  readonly batchRecords?: number
}

export interface RedriveOrder {
  readonly filter: LetterFilter
  readonly to: RedriveTo
  /** Who does it, for the record that says so. */
  readonly by: string
  /** Only says what would become of the letters. */
  readonly isDry: boolean
  readonly max: number
  readonly redrivesMax: number
  readonly rate: RateText | undefined
  readonly signal: AbortSignal | undefined
  /** Hears how many have moved so far, after each transaction. */
  readonly onMoved: ((moved: number) => void) | undefined
}

/** What came of a redrive; of a dry one what would. */
export interface RedriveOutcome {
  /** Letters that were asked for. All the numbers below are of these. */
  readonly asked: number
  /** Their records were written once more: each once, with a note of it. */
  readonly moved: number
  /** Their records had moved already, in an earlier redrive. */
  readonly movedBefore: number
  /** Their records came back too often. */
  readonly pastLimit: number
  /** There were enough without them, or the redrive was ended before their turn. */
  readonly left: number
  /** Where records went. */
  readonly to: readonly { readonly topic: string; readonly records: number }[]
  /** Why records could go nowhere. */
  readonly stuck: readonly { readonly why: string; readonly letters: number }[]
  /** Records of the topic that are no letters, whatever was asked for. */
  readonly unreadable: number
  /** It was ended before it had seen all letters. */
  readonly isInterrupted: boolean
}
