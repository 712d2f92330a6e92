import type { Writable } from 'node:stream'
import { ReaderGone, type Sink } from './world.ts'

/** A {@link Sink} on a stream of this process, which is never closed from here. */
export const streamSink = (stream: Writable & { readonly isTTY?: boolean }): Sink => {
  // told to the callback too, and thrown where nobody listens
  stream.on('error', () => undefined)
  return {
    isTerminal: stream.isTTY === true,
    write: (text) =>
      text === ''
        ? Promise.resolve()
        : new Promise((resolve, reject) => {
            stream.write(text, (error) => (error ? reject(gone(error)) : resolve()))
          }),
  }
}

const gone = (error: NodeJS.ErrnoException): Error =>
  error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED'
    ? new ReaderGone('nobody reads', { cause: error })
    : error
