import * as fc from 'fast-check'
import { dead, delays, type FlightEvent, flights, toDelay } from '../../../examples/main-job/topics.ts'
import { mapValue, to } from '../../../operators/index.ts'
import { deadLetter, type StreamRecord, stream } from '../../../src/index.ts'
import { type Program, program } from '../program.ts'

/** The delay of a flight that the pipeline cannot deal with. */
const hopeless = 13

const flight = fc.record({
  key: fc.constantFrom('LAX', 'JFK', 'SFO', 'ORD', 'DEN'),
  value: fc.record({
    row: fc.noShrink(fc.noBias(fc.nat())),
    date: fc.constant('2001-01-01T08:00:00.000Z'),
    delay: fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: -30, max: 300 }) },
      { weight: 1, arbitrary: fc.constant(hopeless) },
    ),
    distance: fc.nat({ max: 3_000 }),
    destination: fc.constantFrom('BOS', 'SEA'),
  }),
})

/** What becomes of those that it can deal with. */
const judged = (records: readonly StreamRecord<string, FlightEvent>[]) =>
  records.filter(({ value }) => value.delay !== hopeless).map(({ key, value }) => ({ key, value: toDelay(value) }))

/** The pipeline of `npm start`, with a flight now and then that it cannot deal with. */
export const mainJob: Program = program('main job', {
  app: (millrace) =>
    millrace.run(
      'delays',
      stream(flights).pipe(
        mapValue((value) => {
          if (value.delay === hopeless) throw new Error('no verdict')
          return toDelay(value)
        }),
        to(delays),
      ),
      { guarantee: 'exactly-once', onError: deadLetter(dead) },
    ),
  topics: [flights, delays, dead],
  input: { flights: flight },
  expect: (e) => [
    e.exactlyOnce(delays, ({ flights }) => judged(flights)),
    e.ordered(delays, ({ flights }) => judged(flights)),
    e.eventually(
      dead,
      'each record is put aside once',
      (records) =>
        new Set(records.map(({ value: { source } }) => `${source.partition}/${source.offset}`)).size === records.length,
    ),
  ],
})
