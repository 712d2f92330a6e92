/** Who waits for which answer of a machine, by the number of the request. */
export class AwaitedReplies<Reply> {
  readonly #answers = new Map<number, (reply: Reply) => void>()
  #requests = 0

  /** The number under which `answer` waits: another one each time. */
  add(answer: (reply: Reply) => void): number {
    const request = this.#requests++
    this.#answers.set(request, answer)
    return request
  }

  /** Tells whoever waits, if somebody does. */
  answer(request: number, reply: Reply): void {
    const answer = this.#answers.get(request)
    this.#answers.delete(request)
    answer?.(reply)
  }

  /** Tells everybody, and forgets them. */
  answerAll(reply: Reply): void {
    const waiting = [...this.#answers.values()]
    this.#answers.clear()
    for (const answer of waiting) answer(reply)
  }

  /** Nobody waits any more. */
  forget(request: number): void {
    this.#answers.delete(request)
  }
}
