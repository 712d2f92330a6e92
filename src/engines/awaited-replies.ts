/** Who waits for which answer of a machine, by the number of the request. */
export class AwaitedReplies<Reply> {
  readonly #answers = new Map<number, (reply: Reply) => void>()
  /** Who came when nobody else waited, as most do: that needs no place in a map. */
  #alone: ((reply: Reply) => void) | undefined
  #aloneAt = -1
  #requests = 0

  /** The number under which `answer` waits: another one each time. */
  add(answer: (reply: Reply) => void): number {
    const request = this.#requests++
    if (this.#alone !== undefined || this.#answers.size > 0) this.#answers.set(request, answer)
    else {
      this.#alone = answer
      this.#aloneAt = request
    }
    return request
  }

  /** Tells whoever waits, if somebody does. */
  answer(request: number, reply: Reply): void {
    const answer = request === this.#aloneAt ? this.#alone : this.#answers.get(request)
    this.forget(request)
    answer?.(reply)
  }

  /** Tells everybody, and forgets them. */
  answerAll(reply: Reply): void {
    const waiting = [...(this.#alone === undefined ? [] : [this.#alone]), ...this.#answers.values()]
    this.#alone = undefined
    this.#answers.clear()
    for (const answer of waiting) answer(reply)
  }

  /** Nobody waits any more. */
  forget(request: number): void {
    if (request === this.#aloneAt) this.#alone = undefined
    else this.#answers.delete(request)
  }
}
