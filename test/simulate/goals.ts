/** Situations that runs under `jepsen` have to come into, or they show less than they seem to; in so many minutes, at most. */
const withinMinutes: Readonly<Record<string, number>> = {
  'no answer': 1,
  'leader changed': 1,
  'isr shrunk': 1,
  'isr grown': 1,
  'not-leader': 1,
  'not-coordinator': 1,
  'duplicate recognised': 1,
  'producer-fenced': 1,
  'concurrent-transactions': 1,
  'rebalance-in-progress': 1,
  'unknown-member': 1,
  'sequence wrapped': 1,
  'epoch exhausted': 1,
  truncated: 2,
  'unstable-offsets': 2,
  'leadership-lost': 2,
  'marker repeated': 2,
  'not-enough-replicas': 2,
  'illegal-generation': 10,
  'invalid-producer-epoch': 10,
  'crash in the middle of an operation': 1,
  'crash while opening': 1,
  'unsynced kept': 1,
  'unsynced lost': 1,
  'unsynced lost in part': 1,
  'records nobody was told of': 1,
  'storage-full': 1,
  'coordinator moved in Prepare': 20,
  'transaction timed out': 20,
}

/** Those that should have been come into by then, and were not. */
export const missed = (reached: Readonly<Record<string, number>>, minutes: number): readonly string[] =>
  Object.entries(withinMinutes).flatMap(([goal, within]) =>
    minutes >= within && reached[goal] === undefined ? [goal] : [],
  )
