import { createHook } from 'node:async_hooks'
import { fileURLToPath } from 'node:url'
import { callersIn, isByThemselves } from './callers.ts'
import { currentLife } from './life.ts'

/** What Node begins, by its own names, that no simulated life can wait for; and whose doing it is. */
const modules: Readonly<Record<string, string>> = {
  FSREQCALLBACK: 'fs',
  FSREQPROMISE: 'fs',
  FSEVENTWRAP: 'fs',
  STATWATCHER: 'fs',
  GETADDRINFOREQWRAP: 'dns',
  GETNAMEINFOREQWRAP: 'dns',
  QUERYWRAP: 'dns',
  TCPWRAP: 'net',
  TCPSERVERWRAP: 'net',
  TCPCONNECTWRAP: 'net',
  PIPECONNECTWRAP: 'net',
  UDPWRAP: 'dgram',
  PROCESSWRAP: 'child_process',
  WORKER: 'worker_threads',
}

const nameOf = (kind: string, resource: object): string | undefined => {
  if (kind !== 'Timeout') return modules[kind]
  // as Node keeps its period
  return typeof Reflect.get(resource, '_repeat') === 'number' ? 'setInterval' : 'setTimeout'
}

/** Stack frames that are looked through for who began it: Node's own come first. */
const framesMax = 30

/** What was called by its name was asked about there, and is Node's own doing where it was let through. */
const asked = fileURLToPath(new URL('./refusals.', import.meta.url))

const began = (_id: number, kind: string, _trigger: number, resource: object): void => {
  const name = nameOf(kind, resource)
  const life = name === undefined ? undefined : currentLife()
  if (name === undefined || life === undefined) return
  const caller = callersIn(began, framesMax).find(({ file }) => file !== '' && !file.startsWith('node:'))
  if (caller === undefined || isByThemselves(caller.file) || caller.file.startsWith(asked)) return
  life.tellRefused(`${name}, the real one, at ${caller.file}:${caller.line}`)
}

// promises would cost a call each
const options = { init: began, trackPromises: false }
const hook = createHook(options)

/**
 * Tells a life whose code begins something real although nothing of it is there to be called: by a function that was
 * taken before the run began, as `const { setTimeout } = require('node:timers/promises')` takes one. The answer ends it.
 *
 * **Guarantees** nothing is thrown: it has begun already. What comes back at once, as `readFileSync` that was taken, is not seen.
 */
export const watchUncovered = (): (() => void) => {
  hook.enable()
  return () => void hook.disable()
}
