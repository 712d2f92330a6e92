import * as t from 'io-ts'
import { json } from '../codec/json.ts'
import type { Codec } from '../contracts/codec.ts'
import type { JobAnswer } from '../protocol/delay/job-state.ts'

const scheduling = { gen: t.number, dueMs: t.number }

const Answer: t.Type<JobAnswer> = t.union([
  t.type({ _tag: t.literal('scheduled'), ...scheduling, replaced: t.boolean }),
  t.type({ _tag: t.literal('pending'), ...scheduling }),
  t.type({ _tag: t.literal('already-fired'), ...scheduling }),
  t.type({ _tag: t.literal('cancelled') }),
  t.type({ _tag: t.literal('unknown') }),
])

/** What came of a command, as it stands in the topic of answers: JSON, for people too. */
export const answerCodec: Codec<JobAnswer> = json(Answer)
