import type { Beat } from './beat.ts'

/** One line of a story: a beat, or several in short. */
export interface StoryLine extends Beat {
  /** How many beats it stands for. */
  readonly beats: number
}
