import { describe, expect, it } from 'vitest'
import { deadLetters } from '../../src/codec/dead-letters.ts'
import { deadLetter, deadLetterKey } from '../../src/pipeline/dead-letter-policy.ts'
import { type RetryLaterOptions, type RetryLaterPolicy, retryLater } from '../../src/pipeline/retry-later.ts'
import { dead, failing, input, outputsOf, sent } from './failing-records.ts'
import { RetryWorld } from './simulated-retries.ts'

const inOrder = (options: Partial<RetryLaterOptions> = {}): RetryLaterPolicy =>
  retryLater({ tiers: ['10ms', '100ms'], ordered: true, exhausted: deadLetter(dead), jitter: 0, ...options })

describe('a record that a function puts off in order', () => {
  const plain = retryLater({ tiers: ['10ms', '100ms'], exhausted: 'halt', jitter: 0 })

  it.each<readonly [string, RetryLaterPolicy, RetryLaterPolicy, string]>([
    ['a policy that keeps order', plain, inOrder(), 'a policy with ordered: true'],
    ['deadLetterKey', inOrder(), inOrder({ exhausted: deadLetterKey(dead) }), "deadLetterKey('dead')"],
    [
      'deadLetterKey with that topic',
      inOrder({ exhausted: deadLetterKey(deadLetters('other')) }),
      inOrder({ exhausted: deadLetterKey(dead) }),
      "deadLetterKey('dead')",
    ],
  ])('halts where %s is not listed', async (_what, listed, chosen, missing) => {
    const world = new RetryWorld({
      pipeline: { topics: [input], operators: failing({ 0: 1 }) },
      input: sent('k', 'k'),
      onError: { policies: [listed], choose: () => chosen },
    })
    await world.finish()
    expect(world.notices.map((notice) => notice._tag === 'record-failed' && notice.policy)).toEqual([
      `halt, since ${missing} is not listed beside the function`,
    ])
    expect(outputsOf(world)).toEqual([0, 1])
  })
})
