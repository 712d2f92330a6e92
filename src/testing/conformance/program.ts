/** What one actor does next: `pause` lets that many turns of the event loop go by first. */
export type Step =
  | { readonly do: 'append'; readonly pause: number; readonly sends: readonly Sends[] }
  | { readonly do: 'commit' | 'abort'; readonly pause: number; readonly sends: readonly Sends[] }
  | { readonly do: 'poll'; readonly pause: number; readonly maxBytes: number }

/** A batch of new records. */
export interface Sends {
  readonly partition: number
  readonly count: number
}

/** Transactional actors of one `id` fence each other. */
export interface Actor {
  readonly id: number
  readonly steps: readonly Step[]
}

/** Actors at work at the same time, on one topic. */
export interface Program {
  readonly topic: string
  readonly partitions: number
  readonly actors: readonly Actor[]
}
