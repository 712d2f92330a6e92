/** `fenced`: it does not lead, and is in sync nowhere. `leaving`: it wants to stop. */
type Phase = 'fenced' | 'active' | 'leaving'

interface Registered {
  readonly epoch: number
  /** Whoever registers twice in one life is the same. */
  readonly life: number
  readonly phase: Phase
  /** When it was last heard of. */
  readonly heardMs: number
}

/** The brokers of a cluster, as their controller knows them. */
export class BrokerRegistry {
  readonly #brokers = new Map<number, Registered>()
  #epochs = 0
  #active: ReadonlyMap<number, number> | undefined

  /** Takes in a life of a broker, fenced at first. Answers its epoch, and whether it was not known before. */
  register(broker: number, life: number, nowMs: number): { readonly epoch: number; readonly isNew: boolean } {
    const known = this.#brokers.get(broker)
    if (known?.life === life) return { epoch: known.epoch, isNew: false }
    const epoch = ++this.#epochs
    this.#put(broker, { epoch, life, phase: 'fenced', heardMs: nowMs })
    return { epoch, isNew: true }
  }

  /** The number of the process that a broker has registered with last. */
  lifeOf(broker: number): number | undefined {
    return this.#brokers.get(broker)?.life
  }

  phaseOf(broker: number): Phase | undefined {
    return this.#brokers.get(broker)?.phase
  }

  /** A sign of life. False for one of a life that is over. */
  heard(broker: number, epoch: number, nowMs: number): boolean {
    const known = this.#brokers.get(broker)
    if (known?.epoch !== epoch) return false
    this.#brokers.set(broker, { ...known, heardMs: nowMs })
    return true
  }

  move(broker: number, phase: Phase): void {
    const known = this.#brokers.get(broker)
    if (known !== undefined) this.#put(broker, { ...known, phase })
  }

  /** Those that are not fenced, and of which nothing was heard since. */
  silentSince(ms: number): readonly number[] {
    return [...this.#brokers].flatMap(([broker, { phase, heardMs }]) =>
      phase !== 'fenced' && heardMs < ms ? [broker] : [],
    )
  }

  /** Those that may lead and be in sync, by id, with their epochs: another map whenever it changes. */
  get active(): ReadonlyMap<number, number> {
    if (this.#active !== undefined) return this.#active
    const active = new Map<number, number>()
    for (const [broker, { phase, epoch }] of [...this.#brokers].sort(([a], [b]) => a - b))
      if (phase === 'active') active.set(broker, epoch)
    this.#active = active
    return active
  }

  #put(broker: number, state: Registered): void {
    this.#brokers.set(broker, state)
    this.#active = undefined
  }
}
