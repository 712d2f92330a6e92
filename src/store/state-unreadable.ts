import { fromUtf8 } from '../codec/utf-8.ts'

/**
 * What a store holds is not what its declaration reads. The record waits with all behind it, whatever `onError` says: every record
 * of such a key would fail, and none of them is to blame.
 */
export class StateUnreadable extends Error {
  readonly _tag = 'StateUnreadable'
  override readonly name = 'StateUnreadable'
  readonly store: string
  readonly pipeline: string
  /** The codec's name. */
  readonly codec: string
  /** What was wrong, a line each, most specific last. */
  readonly report: readonly string[]
  constructor(o: {
    readonly store: string
    readonly pipeline: string
    readonly part: 'key' | 'value'
    readonly key: Uint8Array
    readonly error: { readonly codec: string; readonly report: readonly string[] }
  }) {
    const { codec, report } = o.error
    super(
      `store '${o.store}' of pipeline '${o.pipeline}' holds a ${o.part} that is not ${codec}, under key ${shown(o.key)}: ${report.join('; ')}. ` +
        'Was it declared otherwise when that was written? Declare it so again, or give the new declaration another name',
    )
    this.store = o.store
    this.pipeline = o.pipeline
    this.codec = codec
    this.report = report
  }
}

const shown = (key: Uint8Array): string => {
  try {
    return JSON.stringify(fromUtf8(key))
  } catch {
    return `0x${Buffer.from(key).toString('hex')}`
  }
}
