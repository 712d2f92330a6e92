import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { systemClock } from '../../src/millrace/system.ts'
import type { Signal } from './child.ts'

/** No child takes that long to open, or to get something done, unless it hangs. */
export const patienceMs = 20_000

/** A child that has loaded its modules, or is about to. */
export class DoomedChild {
  readonly process: ChildProcess
  readonly #said = new Set<Signal>()
  readonly #errors: string
  readonly exited: Promise<unknown>

  /** `script` is the built child's; what it says on stderr goes to the file `errors`. */
  constructor(script: string, errors: string, heapMb: number) {
    this.#errors = errors
    const stderr = openSync(errors, 'a')
    this.process = fork(script, {
      execArgv: heapMb > 0 ? [`--max-old-space-size=${heapMb}`] : [],
      // what V8 has compiled once serves all that come after
      env: { ...process.env, NODE_COMPILE_CACHE: join(dirname(script), '.compiled') },
      stdio: ['ignore', stderr, stderr, 'ipc'],
    })
    closeSync(stderr)
    this.process.on('message', (said: Signal) => this.#said.add(said))
    this.exited = once(this.process, 'exit')
  }

  /** Whether it has said so, or says so before it ends or `patienceMs` are over. */
  async says(what: Signal): Promise<boolean> {
    const given = new AbortController()
    const over = () => given.abort()
    const stop = systemClock.after(patienceMs, over)
    void this.exited.then(over)
    try {
      while (!this.#said.has(what) && !given.signal.aborted)
        await once(this.process, 'message', { signal: given.signal })
    } catch {
      // it is over, or has been too long
    }
    stop()
    return this.#said.has(what)
  }

  get isOver(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null
  }

  has(said: Signal): boolean {
    return this.#said.has(said)
  }

  kill(): void {
    this.process.kill('SIGKILL')
  }

  get lastWords(): string {
    return readFileSync(this.#errors, 'utf8').slice(-2_000)
  }
}
