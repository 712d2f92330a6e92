/** A user's code has reached for something that a simulated run has no hold of: the network, the disk, a thread. */
export class OutsideWorld extends TypeError {
  readonly _tag = 'OutsideWorld'
  override readonly name = 'OutsideWorld'
  /** What was called: `fetch`, `fs.readFile`. */
  readonly called: string

  constructor(called: string) {
    super(
      `${called} was called in a simulated run: what it does takes place outside of the simulation, so that no run could be made again; hand a fake in`,
    )
    this.called = called
  }
}
