import { bytes, type Delayed, delayed, type Pipeline, stream, type Topic, text, topic } from 'millrace'
import { schedule } from 'millrace/operators'
import { input, partitions } from './topics.ts'

export const cancellations: Topic<string, Uint8Array, 'cancellations'> = topic('cancellations', {
  key: text,
  value: bytes,
  partitions,
})

export const unpaid: Delayed<string, Uint8Array, '1s' | '40s' | '30m'> = delayed('unpaid', {
  to: cancellations,
  tiers: ['1s', '40s', '30m'],
})

/** The same by where is kept what is known of ids. */
export const unpaidIn: Readonly<Record<'memory' | 'disk', typeof unpaid>> = {
  memory: unpaid,
  disk: delayed('unpaid', { to: cancellations, tiers: ['1s', '40s', '30m'], in: 'disk' }),
}

/** A job for each order, under the order's own id. */
export const timeouts = (
  after: '1s' | '40s' | '30m',
  where: typeof unpaid = unpaid,
): Pipeline<readonly [typeof input], unknown> =>
  stream(input).pipe(schedule(where, (r) => ({ id: r.key, after, key: r.key, value: r.value })))
