/** What the command answers its caller, for good: scripts rely on it, and docs/cli.md lists it. */
export const exitCodes = {
  done: 0,
  failed: 1,
  /** The command line itself is wrong: nothing was looked at, and nothing done. */
  usage: 2,
  /** A directory, topic, partition or group that is not there. */
  missing: 3,
  /** Somebody else holds what is to be changed: the owner of the directory, the members of a group. */
  inUse: 4,
  /** Ended by Ctrl-C before it was done. */
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
