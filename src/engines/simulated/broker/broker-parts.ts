import type { Clock } from '../../../contracts/clock.ts'
import type { ClusterOptions } from '../cluster-options.ts'
import { controllerName, type Switchboard } from '../switchboard.ts'
import type { ReplyOf, RequestName, RequestOf } from '../wire.ts'
import type { Unanswered } from '../world/network.ts'
import type { Process } from '../world/process.ts'
import type { World } from '../world/world.ts'
import type { BrokerDisk } from './broker-disk.ts'
import type { Watched } from './observer.ts'

export interface BrokerParts {
  readonly id: number
  readonly world: World
  readonly process: Process
  readonly clock: Clock
  readonly switchboard: Switchboard
  readonly disk: BrokerDisk
  readonly options: ClusterOptions
  readonly watched: Watched
}

/** How long a broker waits for another, and for the controller. */
export const requestTimeoutMs = 2_000
export const retryMs = 50

/** What a broker does about each request that it is asked. */
export type Handlers<N extends RequestName = RequestName> = {
  readonly [M in N]: (request: RequestOf<M>, answer: (reply: ReplyOf<M>) => void) => void
}

export type AskController = <N extends RequestName>(
  name: N,
  request: RequestOf<N>,
  answered: (reply: ReplyOf<N> | Unanswered) => void,
) => void

export const askController =
  ({ switchboard, process }: BrokerParts): AskController =>
  (name, request, answered) =>
    switchboard.ask(process, controllerName, { name, request, timeoutMs: requestTimeoutMs, answered })
