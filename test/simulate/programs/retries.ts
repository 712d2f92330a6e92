import { mapValue, to } from '../../../operators/index.ts'
import { type RetryLaterPolicy, retryLater, stream } from '../../../src/index.ts'
import { type Program, program } from '../program.ts'
import { copies, keyedNumbers, numbers } from './keyed-numbers.ts'

const charges = numbers('charges')
const charged = numbers('charged')

export const inOrder: RetryLaterPolicy = retryLater({
  tiers: ['100ms', '500ms', '1s'],
  ordered: true,
  exhausted: 'halt',
})

/** Charges that go through some time after they were asked for: three of four are put off, once or more. */
export const charging = (onError: RetryLaterPolicy): Program =>
  program('retries in order', {
    app: (millrace) =>
      millrace.run(
        'charge',
        stream(charges).pipe(
          to(charged),
          mapValue((cents, { timestamp }) => {
            if (Date.now() < timestamp + (cents % 4) * 300) throw new Error('not yet')
            return cents
          }),
        ),
        { onError, concurrency: 2 },
      ),
    topics: [charges, charged],
    input: { charges: keyedNumbers },
    expect: (e) => [
      e.exactlyOnce(charged, (input) => copies(input.charges)),
      e.ordered(charged, (input) => copies(input.charges)),
    ],
  })
