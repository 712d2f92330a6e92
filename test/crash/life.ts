import type { Durability } from '../../src/log/checkpoint-record.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { type Actor, allActors } from './program/work.ts'

/** How a child is to live and to die. */
export interface Life {
  readonly cast: readonly Actor[]
  readonly durability: Durability
  /** When to kill it: so long after it was told to open the directory, or after it had. */
  readonly killed: { readonly after: 'told' | 'opened'; readonly ms: number }
  /** Whether what it has left is looked at, before the next one opens it. */
  readonly isLookedAt: boolean
  readonly fullEvery: number
  /** Whether the pipeline keeps its state on disk. */
  readonly isStateOnDisk: boolean
  readonly leakKb: number
  /** Of its heap; 0 is as much as it likes. */
  readonly heapMb: number
}

/** What a directory goes through: `plain` kills, a disk that is full now and then, or too little memory. */
export type Ordeal = 'plain' | 'full' | 'memory'

/** The lives of a directory, all by its seed. In one out of five directories the mode is another in each life. */
export const livesOf = (seed: number, lives: number, ordeal: Ordeal): readonly Life[] => {
  const random = seededRandom(seed)
  const below = (bound: number): number => Math.floor(random() * bound)
  const mode = (): Durability => (random() < 0.5 ? 'power' : 'process')
  const durability = mode()
  const changes = below(5) === 0
  const cast = random() < 0.5 ? allActors : allActors.filter(() => random() < 0.6)
  const all = Array.from({ length: lives }, (): Life => {
    const isEarly = below(4) === 0
    return {
      cast: cast.length === 0 ? allActors : cast,
      durability: changes ? mode() : durability,
      killed: isEarly ? { after: 'told', ms: random() * 40 } : { after: 'opened', ms: 150 * random() ** 2 },
      isLookedAt: !isEarly || below(2) === 0,
      isStateOnDisk: false,
      fullEvery: ordeal === 'full' ? 20 + below(400) : 0,
      leakKb: ordeal === 'memory' ? 200 + below(2_000) : 0,
      heapMb: ordeal === 'memory' ? 24 + below(16) : 0,
    }
  })
  return withStateOnDisk(seed, all)
}

/** How long it takes until a store on disk is open and has something, about. */
const storeMs = 400

/**
 * The same lives with state on disk, in one directory out of four: always, or now and then, by the seed. Such a life is longer, since
 * a store takes its time to open.
 */
const withStateOnDisk = (seed: number, lives: readonly Life[]): readonly Life[] => {
  const random = seededRandom(seed + 1)
  const chosen = random()
  return lives.map((life) => {
    const isStateOnDisk = chosen < 1 / 8 || (chosen < 1 / 4 && random() < 0.7)
    return isStateOnDisk ? onDisk(life, random) : life
  })
}

/** A life whose state is on disk. */
export const onDisk = (life: Life, random: () => number): Life => {
  const { after, ms } = life.killed
  return { ...life, isStateOnDisk: true, killed: { after, ms: ms + 2 * storeMs * random() } }
}
