import type { Process } from './world/process.ts'

/** A member of a group, as its own process knows it. */
export interface PresentMember {
  readonly process: Process
  /** Empty while it has none. */
  readonly memberId: () => string
}
