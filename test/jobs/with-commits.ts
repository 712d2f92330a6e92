import * as E from 'fp-ts/lib/Either.js'
import type { Call, Engine } from '../../src/contracts/engine.ts'

/** The same engine, whose transactions are committed by `commit`. */
export const withCommits = (engine: Engine, commit: (real: () => Call<void>) => Call<void>): Engine => ({
  ...engine,
  transactions: (options) => async () => {
    const opened = await engine.transactions(options)()
    if (E.isLeft(opened)) return opened
    const { append, sendOffsets, abort, close, commit: real } = opened.right
    return E.right({ append, sendOffsets, abort, close, commit: () => commit(real) })
  },
})
