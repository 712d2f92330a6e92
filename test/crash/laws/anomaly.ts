/** What must not be, by the law that it breaks. */
export interface Anomaly {
  readonly law: Law
  /** What was found, and where. */
  readonly what: string
}

/**
 * - `reopens`: the directory opens, quickly, and nothing fails that must not
 * - `lost`: what was acknowledged is there, where it was said to be
 * - `doubled`: nothing is there twice
 * - `invented`: nothing is there that nobody wrote, or that was deleted
 * - `aborted`: what was given up is never seen
 * - `torn`: a transaction is there as a whole or not at all
 * - `order`: what one writer wrote to one partition is there in that order, without gaps
 * - `offsets`: outputs are just those of the input before the committed offsets
 * - `state`: a store is the fold of the committed input
 * - `topics`: topics are as they were acknowledged to be
 */
export type Law =
  | 'reopens'
  | 'lost'
  | 'doubled'
  | 'invented'
  | 'aborted'
  | 'torn'
  | 'order'
  | 'offsets'
  | 'state'
  | 'topics'
