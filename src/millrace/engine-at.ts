import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../contracts/clock.ts'
import type { Engine } from '../contracts/engine.ts'
import { MillraceError } from '../contracts/failure.ts'
import type { Random } from '../contracts/random.ts'
import { settle } from '../contracts/settle.ts'
import { fileEngine, memoryEngine } from '../engines/embedded/open-url.ts'
import type { Durability } from '../log/checkpoint-record.ts'
import { readUrl } from './url.ts'

/** How an engine is opened. */
export interface EngineOptions {
  readonly durability: Durability
  readonly readOnly: boolean
  readonly clock: Clock
  readonly random: Random
}

/**
 * Opens the engine that `url` means.
 *
 * **Errors** rejects with a {@link MillraceError}, as `connect` says.
 */
export const engineAt = async (url: string, options: EngineOptions): Promise<Engine> => {
  const target = readUrl(url)
  if (E.isLeft(target)) throw new MillraceError(target.left)
  const { durability, readOnly, clock, random } = options
  return settle(
    target.right._tag === 'memory'
      ? memoryEngine({ name: url, clock, random })
      : fileEngine({ name: url, path: target.right.directory, durability, readOnly, clock, random }),
  )
}
