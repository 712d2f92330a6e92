import * as E from 'fp-ts/lib/Either.js'
import type { EngineFailure } from '../../contracts/failure.ts'
import type { Catalog } from './catalog.ts'
import { Turns } from './turns.ts'

/** How many ids are set aside at once, so that the catalog is not written for each. */
const blockSize = 1_000

/**
 * Hands out producer ids, each once in the life of the directory. What is left of a block at the end is never used.
 */
export class ProducerIds {
  readonly #catalog: Catalog
  readonly #turns = new Turns()
  #next = 0
  #end = 0

  constructor(catalog: Catalog) {
    this.#catalog = catalog
  }

  take(): Promise<E.Either<EngineFailure, number>> {
    return this.#turns.take(async () => {
      if (this.#next < this.#end) return E.right(this.#next++)
      const saved = await this.#catalog.save((content) => ({
        ...content,
        nextProducerId: content.nextProducerId + blockSize,
      }))
      if (saved._tag === 'Left') return saved
      this.#end = saved.right.nextProducerId
      this.#next = this.#end - blockSize
      return E.right(this.#next++)
    })
  }
}
