import { type ExitCode, exitCodes } from './exit-code.ts'

/** Why a command cannot do what it was asked for, in words for who typed it. */
export class Complaint extends Error {
  readonly _tag = 'Complaint'
  override readonly name = 'Complaint'
  readonly why: keyof typeof exitCodes

  constructor(why: keyof typeof exitCodes, message: string, cause?: unknown) {
    super(message, { cause })
    this.why = why
  }

  get exitCode(): ExitCode {
    return exitCodes[this.why]
  }

  /** The same, and more of it. */
  and(more: string): Complaint {
    return new Complaint(this.why, `${this.message}; ${more}`, this)
  }
}
