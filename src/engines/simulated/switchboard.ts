import { replyText, requestText } from './message-text.ts'
import type { ReplyOf, RequestName, RequestOf, Server } from './wire.ts'
import type { Network, Unanswered } from './world/network.ts'
import type { Process } from './world/process.ts'

export interface Asked<N extends RequestName> {
  readonly name: N
  readonly request: RequestOf<N>
  readonly timeoutMs: number
  /** Runs once, unless the process that asks dies. */
  readonly answered: (reply: ReplyOf<N> | Unanswered) => void
}

/** Who is reached under which name: the present life of a broker, or the controller. */
export class Switchboard {
  readonly #network: Network
  readonly #servers = new Map<string, { readonly process: Process; readonly server: Server }>()

  /** Told of each answer that came in time, or that none came, just before whoever asked. */
  answered: ((from: Process, name: RequestName, reply: unknown) => void) | undefined

  constructor(network: Network) {
    this.#network = network
  }

  plug(process: Process, server: Server): void {
    this.#servers.set(process.name, { process, server })
  }

  /** Sends a request to whoever goes by `to` at the moment. */
  ask<N extends RequestName>(from: Process, to: string, { name, request, timeoutMs, answered }: Asked<N>): void {
    const reached = this.#servers.get(to)
    if (reached === undefined) throw new Error(`broken invariant: nobody goes by the name of ${to}`)
    const { process, server } = reached
    this.#network.request<ReplyOf<N>>(from, process, {
      what: name,
      timeoutMs,
      handle: (answer) => server.handle(name, request, answer),
      answered: (reply) => {
        this.answered?.(from, name, reply)
        answered(reply)
      },
      ...(this.#network.isTraced
        ? {
            detail: {
              request: () => requestText(name, request),
              reply: (reply: ReplyOf<N>) => replyText(name, request, reply),
            },
          }
        : {}),
    })
  }
}

export const brokerName = (id: number): string => `broker-${id}`
export const controllerName = 'controller'

export const isAnswer = <Reply>(reply: Reply | Unanswered): reply is Reply =>
  reply !== 'timed out' && reply !== 'disconnected'
