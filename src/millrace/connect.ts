import { requireName } from '../codec/arguments.ts'
import { refuseUnknownOptions } from '../codec/known-options.ts'
import { checkCount } from '../codec/option-values.ts'
import type { Engine } from '../contracts/engine.ts'
import type { StateDirectory } from '../contracts/storage.ts'
import { diskStorage } from '../log/disk-storage.ts'
import { engineAt } from './engine-at.ts'
import type { Millrace } from './millrace.ts'
import { checkEngineOptions, knownOfEngine, type OpenEngineOptions } from './open-engine.ts'
import { openMillrace } from './open-millrace.ts'
import type { SendOptions } from './sender.ts'
import { systemClock, systemRandom, systemWarning } from './system.ts'

/** How to connect. */
export interface ConnectOptions extends OpenEngineOptions {
  /**
   * Tells this process from others on one cluster, and is the same when it starts again; `millrace` where nothing is said. The
   * root of the transactional ids of {@link Millrace.transaction}, and of pipelines that are run without an `instance`.
   */
  readonly clientId?: string
  /** How sends are gathered. */
  readonly send?: SendOptions
  /**
   * A directory of this machine where pipelines keep copies of their state, and stores that are kept on disk: for engines that are
   * elsewhere. The embedded engine has one within its own, `state`, where nothing is said. Nothing is lost with it.
   */
  readonly state?: string
}

const known = [...knownOfEngine, 'clientId', 'send', 'state']
const knownOfSend = ['batchBytes', 'lingerMs', 'bufferBytes', 'deliveryTimeoutMs'] as const

const checkOptions = (what: string, options: ConnectOptions): void => {
  refuseUnknownOptions(what, options, known)
  checkEngineOptions(what, options)
  const { clientId, send, state } = options
  if (clientId !== undefined) requireName(what, 'a name as clientId', clientId, "clientId: 'shop'")
  if (state !== undefined) requireName(what, 'a directory as state', state, "state: './state'")
  if (send === undefined) return
  refuseUnknownOptions(`${what}: send`, send, knownOfSend)
  for (const option of knownOfSend) checkCount(`${what}: send`, option, send[option], option === 'lingerMs' ? 0 : 1)
}

/** What another has opened was told how already. */
const refuseToOpen = (what: string, options: ConnectOptions): void => {
  for (const option of ['durability', 'readOnly'] as const)
    if (options[option] !== undefined)
      throw new TypeError(`${what}: ${option} is for an engine that connect opens, and this one is open: leave it out`)
}

const isEngine = (target: unknown): target is Engine =>
  typeof target === 'object' && target !== null && 'features' in target && 'reader' in target

/**
 * Connects to an engine: `file:./data`, embedded and durable in that directory, or `memory:`, gone with the process; or
 * to one that is open already, of whoever's making (`millrace/engine`), and closes it in the end.
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
export const connect = async (to: string | Engine, options: ConnectOptions = {}): Promise<Millrace> => {
  if (!isEngine(to)) requireName('connect(…)', 'the address of an engine first', to, "connect('file:./data')")
  const url = isEngine(to) ? to.name : to
  const what = `connect('${url}', …)`
  checkOptions(what, options)
  const { durability = 'power', readOnly = false, clock = systemClock, random = systemRandom } = options
  const { clientId = 'millrace', send = {} } = options
  if (isEngine(to)) refuseToOpen(what, options)
  const engine = isEngine(to) ? to : await engineAt(to, { durability, readOnly, clock, random })
  const kept = options.state === undefined ? engine : { ...engine, state: stateAt(options.state) }
  return openMillrace({ url, engine: kept, clock, random, clientId, send, warn: systemWarning })
}

const stateAt = (path: string): StateDirectory => ({ storage: diskStorage(path), path })
