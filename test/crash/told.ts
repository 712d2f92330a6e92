import type { Position, TopicPartition } from '../../src/contracts/position.ts'

/** A record that is to be written; its value is another each time. */
export interface Written extends TopicPartition {
  readonly value: string
}

/** Something that a program asks of an engine. */
export type Act =
  | { readonly kind: 'send'; readonly lane: string; readonly records: readonly Written[] }
  /** All of it or nothing; `commits` is false where it will be given up, and must never be seen. */
  | {
      readonly kind: 'transaction'
      readonly lane: string
      readonly records: readonly Written[]
      readonly commits: boolean
    }
  /** Copies what was polled, and commits how far, in one transaction. */
  | { readonly kind: 'copy'; readonly positions: readonly Position[]; readonly commits: boolean }
  | { readonly kind: 'create' | 'grow'; readonly topic: string; readonly partitions: number }
  | { readonly kind: 'delete'; readonly topic: string }
  /** Deletes all records before these positions. */
  | { readonly kind: 'cut'; readonly positions: readonly Position[] }

/** `unknown`: it was refused in a way that leaves open whether it happened. */
export type Outcome = 'done' | 'given up' | 'unknown'

/** What a program says while it works, a line each. What it said before it died was so; of what it had begun, nothing is known. */
export type Told =
  | { readonly tag: 'begun'; readonly id: string; readonly act: Act }
  /** `at`: the offset of each record, where that was answered. */
  | { readonly tag: 'ended'; readonly id: string; readonly how: Outcome; readonly at?: readonly number[] }
  /** A group was seen to have committed so far. */
  | { readonly tag: 'reached'; readonly group: string; readonly positions: readonly Position[] }
  /** The directory was open after so long. */
  | { readonly tag: 'opened'; readonly ms: number }
  /** Something failed that must not. */
  | { readonly tag: 'failed'; readonly code: string; readonly message: string }

export type Tell = (told: Told) => void
