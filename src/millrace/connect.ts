import { given, requireName } from '../codec/arguments.ts'
import { refuseUnknownOptions } from '../codec/known-options.ts'
import { checkCount } from '../codec/option-values.ts'
import type { Clock } from '../contracts/clock.ts'
import type { Random } from '../contracts/random.ts'
import type { Durability } from '../log/checkpoint-record.ts'
import { engineAt } from './engine-at.ts'
import type { Millrace } from './millrace.ts'
import { openMillrace } from './open-millrace.ts'
import type { SendOptions } from './sender.ts'
import { systemClock, systemRandom, systemWarning } from './system.ts'

/** How to connect. */
export interface ConnectOptions {
  /**
   * What an acknowledgement survives: `power` (a power loss; the default) or `process` (the end of this process,
   * kill -9 included, while the machine stays up).
   */
  readonly durability?: Durability
  /** Reads a directory that another process may own, and writes nothing. */
  readonly readOnly?: boolean
  /** The root of the transactional ids of {@link Millrace.transaction}; `millrace` where nothing is said. */
  readonly clientId?: string
  /** How sends are gathered. */
  readonly send?: SendOptions
  /** Time and randomness, for tests. */
  readonly clock?: Clock
  readonly random?: Random
}

const known = ['durability', 'readOnly', 'clientId', 'send', 'clock', 'random']
const knownOfSend = ['batchBytes', 'lingerMs', 'bufferBytes', 'deliveryTimeoutMs'] as const

const checkOptions = (what: string, options: ConnectOptions): void => {
  refuseUnknownOptions(what, options, known)
  const { durability, clientId, readOnly, send } = options
  if (durability !== undefined && durability !== 'power' && durability !== 'process')
    throw new TypeError(`${what}: durability is 'power' or 'process', and not ${given(durability)}`)
  if (readOnly !== undefined && typeof readOnly !== 'boolean')
    throw new TypeError(`${what}: readOnly is true or false, and not ${given(readOnly)}`)
  if (clientId !== undefined) requireName(what, 'a name as clientId', clientId, "clientId: 'shop'")
  if (send === undefined) return
  refuseUnknownOptions(`${what}: send`, send, knownOfSend)
  for (const option of knownOfSend) checkCount(`${what}: send`, option, send[option], option === 'lingerMs' ? 0 : 1)
}

/**
 * Connects to an engine: `file:./data`, embedded and durable in that directory, or `memory:`, gone with the process.
 *
 * **Guarantees** one process owns a directory; a second is refused by name unless it says `readOnly`. Opening recovers
 * what a crash has left: what was acknowledged is there, open transactions are aborted, and nobody is waited for.
 *
 * **Errors** rejects with a {@link MillraceError}: `invalid-url`, `already-owned`, `storage-denied`,
 * `foreign-directory`, `newer-version`, `corrupt-log`.
 *
 * @example
 * ```ts
 * import { connect, text, topic } from 'millrace'
 *
 * const lines = topic('lines', { key: text, value: text })
 * const millrace = await connect('memory:')
 * await millrace.create(lines)
 * await millrace.send(lines, [{ key: 'a', value: 'hello' }])
 * for await (const record of millrace.read(lines, { until: 'latest' })) record.value // => 'hello'
 * await millrace.close()
 * ```
 */
export const connect = async (url: string, options: ConnectOptions = {}): Promise<Millrace> => {
  requireName('connect(…)', 'the address of an engine first', url, "connect('file:./data')")
  checkOptions(`connect('${url}', …)`, options)
  const { durability = 'power' } = options
  const { clock = systemClock, random = systemRandom, clientId = 'millrace', send = {} } = options
  const engine = await engineAt(url, { durability, readOnly: options.readOnly ?? false, clock, random })
  return openMillrace({ url, engine, clock, random, clientId, send, warn: systemWarning })
}
