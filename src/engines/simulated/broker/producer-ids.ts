import * as E from 'fp-ts/lib/Either.js'
import { type EngineFailure, engineFailure } from '../../../contracts/failure.ts'
import { isAnswer } from '../switchboard.ts'
import type { AskController } from './broker-parts.ts'

type Taken = E.Either<EngineFailure, number>

/** Producer ids that no other broker gives away: the controller hands them out in blocks. */
export class ProducerIds {
  readonly #broker: number
  readonly #ask: AskController
  #block = { next: 0, end: 0 }
  readonly #waiting: ((taken: Taken) => void)[] = []

  constructor(broker: number, ask: AskController) {
    this.#broker = broker
    this.#ask = ask
  }

  take(answer: (taken: Taken) => void): void {
    if (this.#block.next < this.#block.end) return answer(E.right(this.#block.next++))
    this.#waiting.push(answer)
    if (this.#waiting.length > 1) return
    this.#ask('allocateProducerIds', { broker: this.#broker }, (reply) => {
      const waiting = this.#waiting.splice(0)
      if (isAnswer(reply)) this.#block = { next: reply.first, end: reply.first + reply.count }
      for (const one of waiting) one(isAnswer(reply) ? E.right(this.#block.next++) : E.left(noIds))
    })
  }
}

const noIds = engineFailure('not-coordinator', 'no producer ids could be had from the controller: ask again')
