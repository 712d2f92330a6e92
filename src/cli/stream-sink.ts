import type { Writable } from 'node:stream'
import { Complaint } from './complaint.ts'
import { ReaderGone, type Sink } from './world.ts'

/** A {@link Sink} on a stream of this process, which is never closed from here; `name` is for who cannot write to it. */
export const streamSink = (name: string, stream: Writable & { readonly isTTY?: boolean }): Sink => {
  // told to the callback too, and thrown where nobody listens
  stream.on('error', () => undefined)
  return {
    isTerminal: stream.isTTY === true,
    write: (text) =>
      text === ''
        ? Promise.resolve()
        : new Promise((resolve, reject) => {
            stream.write(text, (error) => (error ? reject(why(name, error)) : resolve()))
          }),
  }
}

const why = (name: string, error: NodeJS.ErrnoException): Error =>
  error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED'
    ? new ReaderGone('nobody reads', { cause: error })
    : new Complaint('failed', `cannot write to ${name}: ${error.message}`, error)
