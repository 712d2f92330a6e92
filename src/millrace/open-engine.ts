import { given, requireName } from '../codec/arguments.ts'
import { refuseUnknownOptions } from '../codec/known-options.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Engine } from '../contracts/engine.ts'
import type { Random } from '../contracts/random.ts'
import type { Durability } from '../log/checkpoint-record.ts'
import { engineAt } from './engine-at.ts'
import { systemClock, systemRandom } from './system.ts'

/** How to open an engine of ours. */
export interface OpenEngineOptions {
  /**
   * What an acknowledgement survives: `power` (a power loss; the default) or `process` (the end of this process,
   * kill -9 included, while the machine stays up).
   */
  readonly durability?: Durability
  /** Reads a directory that another process may own, and writes nothing. */
  readonly readOnly?: boolean
  /** Time and randomness, for tests. */
  readonly clock?: Clock
  readonly random?: Random
}

export const knownOfEngine = ['durability', 'readOnly', 'clock', 'random'] as const

/** Refuses what no engine can be opened with. */
export const checkEngineOptions = (what: string, { durability, readOnly }: OpenEngineOptions): void => {
  if (durability !== undefined && durability !== 'power' && durability !== 'process')
    throw new TypeError(`${what}: durability is 'power' or 'process', and not ${given(durability)}`)
  if (readOnly !== undefined && typeof readOnly !== 'boolean')
    throw new TypeError(`${what}: readOnly is true or false, and not ${given(readOnly)}`)
}

/**
 * Opens an engine of ours, without the facade that `connect` puts over it: to wrap it in one of your own, or to hold it
 * to the conformance suite.
 *
 * **Errors** rejects with a `MillraceError`, as `connect` says.
 *
 * @example
 * ```ts
 * import { connect, text, topic } from 'millrace'
 * import { type Engine, openEngine } from 'millrace/engine'
 *
 * const inner = await openEngine('memory:')
 * const asked: string[] = []
 * const spied: Engine = {
 *   ...inner,
 *   reader: { ...inner.reader, fetch: (request) => (asked.push('fetch'), inner.reader.fetch(request)) },
 * }
 * const words = topic('words', { key: text, value: text })
 * const millrace = await connect(spied)
 * await millrace.create(words)
 * await millrace.send(words, [{ key: 'a', value: 'hello' }])
 * for await (const record of millrace.read(words, { until: 'latest' })) record.value // => 'hello'
 * asked.length > 0 // => true
 * await millrace.close()
 * ```
 */
export const openEngine = async (url: string, options: OpenEngineOptions = {}): Promise<Engine> => {
  requireName('openEngine(…)', 'the address of an engine first', url, "openEngine('file:./data')")
  const what = `openEngine('${url}', …)`
  refuseUnknownOptions(what, options, knownOfEngine)
  checkEngineOptions(what, options)
  const { durability = 'power', readOnly = false, clock = systemClock, random = systemRandom } = options
  return engineAt(url, { durability, readOnly, clock, random })
}
