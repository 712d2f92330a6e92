import type { Process } from './process.ts'
import type { World } from './world.ts'

/** What the network does of itself, each as a chance (0 to 1) for a message. */
export interface Weather {
  readonly delay: number
  readonly loss: number
  readonly duplication: number
  /** To arrive before what was sent before it. */
  readonly reordering: number
}

export const fairWeather: Weather = { delay: 0, loss: 0, duplication: 0, reordering: 0 }

/** On its way from one process to another without faults, in milliseconds. */
const latencyMs = 0.5
/** By how much a message may be late, by choice. */
const delaysMs = [0, 0.5, 1, 3, 10, 50, 200, 1_000] as const

/** A message when it is sent, before anything becomes of it. */
export interface Sent {
  readonly from: Process
  readonly to: Process
  /** The request's name; of an answer with `: answer` behind it. */
  readonly what: string
  /** Lets it arrive: once more, where the message itself arrives too. */
  readonly deliver: () => void
}

/** How a request ends for who sent it: without an answer it may have been carried out. */
export type Unanswered = 'timed out' | 'disconnected'

interface Pending {
  readonly from: Process
  readonly fail: (why: Unanswered) => void
}

/**
 * Messages between processes, by name: what comes back under a name is reached as before.
 *
 * **Guarantees** between two processes messages arrive in the order they were sent, once or not at all, unless the weather
 * says otherwise. A message to a process that is dead is lost.
 */
export class Network {
  readonly #world: World
  readonly #lastArrival = new Map<string, number>()
  readonly #cuts = new Map<string, number>()
  readonly #pending = new Map<Process, Set<Pending>>()
  readonly #lookers = new Set<(sent: Sent) => void>()
  #messages = 0
  weather: Weather = fairWeather

  constructor(world: World) {
    this.#world = world
  }

  /** Whether somebody reads what is sent. */
  get isTraced(): boolean {
    return this.#world.trace.keeps
  }

  /** Cuts what goes from one to the other, in this direction. The answer mends it; cuts add up. */
  cut(from: string, to: string): () => void {
    const link = `${from}>${to}`
    this.#cuts.set(link, (this.#cuts.get(link) ?? 0) + 1)
    let isMended = false
    return () => {
      if (isMended) return
      isMended = true
      this.#cuts.set(link, (this.#cuts.get(link) ?? 1) - 1)
    }
  }

  isCut(from: string, to: string): boolean {
    return (this.#cuts.get(`${from}>${to}`) ?? 0) > 0
  }

  /** Calls `look` with each message when it is sent. The answer ends it. */
  onSend(look: (sent: Sent) => void): () => void {
    this.#lookers.add(look)
    return () => this.#lookers.delete(look)
  }

  /** `detail`: what is in it, for whoever reads the trace. */
  send(from: Process, to: Process, what: string, deliver: () => void, detail?: () => string): void {
    if (!from.isAlive) return
    if (this.#lookers.size > 0) {
      for (const look of [...this.#lookers]) look({ from, to, what, deliver })
      if (!from.isAlive) return
    }
    const message = this.#messages++
    const { trace } = this.#world
    if (trace.keeps) {
      const told = detail === undefined ? {} : { detail: detail() }
      trace.keep({ _tag: 'sent', at: this.#world.now, message, from: from.name, to: to.name, what, ...told })
    }
    if (this.isCut(from.name, to.name)) return this.#lose(message, 'the network is cut')
    const { weather } = this
    const { choices } = this.#world
    if (weather.loss > 0 && choices.pick('network', 2, weather.loss) === 1) return this.#lose(message, 'lost')
    this.#carry(from, to, { message, what, deliver })
    if (weather.duplication > 0 && choices.pick('network', 2, weather.duplication) === 1)
      this.#carry(from, to, { message, what, deliver })
  }

  /**
   * A request and its answer. `handle` runs at `to`, once for each time it arrives, and gives its answer now or later;
   * `answered` runs at `from`, once: with the first answer, or without one.
   */
  request<Reply>(
    from: Process,
    to: Process,
    asked: {
      readonly what: string
      readonly timeoutMs: number
      readonly handle: (answer: (reply: Reply) => void) => void
      readonly answered: (reply: Reply | Unanswered) => void
      /** What is in the request, and in an answer to it, for whoever reads the trace. */
      readonly detail?: { readonly request: () => string; readonly reply: (reply: Reply) => string }
    },
  ): void {
    const { what, timeoutMs, handle, answered, detail } = asked
    let isOver = false
    const end = (reply: Reply | Unanswered) => {
      if (isOver) return
      isOver = true
      stopTimer()
      this.#pending.get(to)?.delete(pending)
      answered(reply)
    }
    const stopTimer = this.#world.after(from, timeoutMs, 'gives up waiting', () => end('timed out'))
    const pending: Pending = { from, fail: end }
    const waiting = this.#pending.get(to)
    if (waiting === undefined) {
      this.#pending.set(to, new Set([pending]))
      to.onEnd(() => this.#disconnect(to))
    } else waiting.add(pending)
    if (!to.isAlive) this.#disconnect(to)
    const arrives = () =>
      handle((reply) =>
        this.send(
          to,
          from,
          `${what}: answer`,
          () => end(reply),
          detail === undefined ? undefined : () => detail.reply(reply),
        ),
      )
    this.send(from, to, what, arrives, detail?.request)
  }

  #carry(
    from: Process,
    to: Process,
    { message, what, deliver }: { message: number; what: string; deliver: () => void },
  ): void {
    const { choices, now } = this.#world
    const { weather } = this
    const late = weather.delay > 0 ? (delaysMs[choices.pick('network', delaysMs.length, weather.delay)] ?? 0) : 0
    const overtakes = weather.reordering > 0 && choices.pick('network', 2, weather.reordering) === 1
    const link = `${from.name}>${to.name}`
    const arrival = overtakes ? now + latencyMs : Math.max(now + latencyMs + late, this.#lastArrival.get(link) ?? 0)
    if (!overtakes) this.#lastArrival.set(link, arrival)
    this.#world.after(to, arrival - now, what, () => {
      const { trace } = this.#world
      if (trace.keeps) trace.keep({ _tag: 'delivered', at: this.#world.now, message })
      deliver()
    })
  }

  #lose(message: number, why: string): void {
    const { trace, now } = this.#world
    if (trace.keeps) trace.keep({ _tag: 'lost', at: now, message, why })
  }

  /** The other end is gone: whoever can still hear of it does, and all others wait their time. */
  #disconnect(from: Process): void {
    const waiting = this.#pending.get(from)
    this.#pending.delete(from)
    for (const pending of waiting ?? []) {
      if (this.isCut(from.name, pending.from.name)) continue
      this.#world.after(pending.from, latencyMs, 'loses a connection', () => pending.fail('disconnected'))
    }
  }
}
