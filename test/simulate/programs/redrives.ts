import { mapRecord, to } from '../../../operators/index.ts'
import { redrivenTopic } from '../../../src/codec/redrive.ts'
import {
  type DeadLetter,
  deadLetter,
  deadLetters,
  type Millrace,
  retryLater,
  type StreamRecord,
  stream,
  type Topic,
} from '../../../src/index.ts'
import { redriveHeader } from '../../../src/protocol/retry/redriven-headers.ts'
import { type Program, program } from '../program.ts'
import { copies, keyedNumbers, numbers } from './keyed-numbers.ts'

const bills = numbers('bills')
const billed = numbers('billed')
type Letters = Topic<Uint8Array | null, DeadLetter, 'bills.dead'>
export const billsDead: Letters = deadLetters('bills.dead', { partitions: 2 })
const notes = { ...redrivenTopic(billsDead.name), name: 'bills.dead.redriven' } as const

/** How often a record may come back. */
const maxRedrives = 2
/** Between two redrives: longer and longer, while there is nothing to do. */
const pauseMsMin = 100
const pauseMsMax = 10_000

/** One of two fails until it has come back, one of four of these whatever is done. */
const fails = ({ value, headers }: StreamRecord<string, number>): boolean =>
  value % 8 === 0 || (value % 2 === 0 && !headers.has(redriveHeader.count))

const isHopeless = ([letter]: readonly StreamRecord<Uint8Array | null, DeadLetter>[]): boolean =>
  Number(Buffer.from(letter?.value.record.value ?? '', 'base64').toString()) % 8 === 0

const aWhile = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** Redrives everything again and again, beside others who do the same; every other time it gives up in the midst of it. */
const redriving = async (millrace: Millrace, letters: Letters): Promise<never> => {
  let pauseMs = pauseMsMin
  for (let times = 0; ; times++) {
    const given = new AbortController()
    const onMoved = (): void => {
      if (times % 2 === 0) given.abort()
    }
    const { moved } = await millrace
      .deadLetters(letters)
      .redrive({ by: 'anybody', maxRedrives, signal: given.signal, onMoved })
      .catch(() => ({ moved: 0 }))
    pauseMs = moved > 0 ? pauseMsMin : Math.min(2 * pauseMs, pauseMsMax)
    await aWhile(pauseMs)
  }
}

/** What is given up, comes back by a redrive: once, in order, and not for ever. */
export const redrives = (letters: Letters = billsDead): Program =>
  program(
    'redrives',
    {
      app: async (millrace) => {
        const once = stream(bills).pipe(
          mapRecord((record) => {
            if (fails(record)) throw new Error('no')
            return record
          }),
          to(billed),
        )
        const onError = retryLater({ tiers: ['1s'], retryIf: () => false, exhausted: deadLetter(billsDead) })
        await millrace.run('bill', once, { onError })
        await redriving(millrace, letters)
      },
      topics: [bills, billed, billsDead, notes],
      input: { bills: keyedNumbers },
      expect: (e) => [
        e.exactlyOnce(billed, (input) => copies(input.bills.filter(({ value }) => value % 8 !== 0))),
        e.ordered(billed, (input) => copies(input.bills.filter(({ value }) => value % 8 !== 0 && value % 2 === 0))),
        e.eventually(
          billsDead,
          'each is given up once, and what always fails once more each time that it came back',
          (all) => {
            const timesOf = Map.groupBy(all, ({ value: { source } }) => `${source.partition}/${source.offset}`)
            return [...timesOf.values()].every((times) => times.length === (isHopeless(times) ? 1 + maxRedrives : 1))
          },
        ),
        e.eventually(
          notes,
          'each letter is noted once',
          (all) => new Set(all.map(({ key }) => key)).size === all.length,
        ),
      ],
    },
    { batchRuns: 4 },
  )
