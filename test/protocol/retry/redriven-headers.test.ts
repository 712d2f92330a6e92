import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { redriveHeader, redrivenHeaders, redrivenIn } from '../../../src/protocol/retry/redriven-headers.ts'

const topic = fc.stringMatching(/^[\w.-]{1,12}$/)
const headers = fc
  .array(fc.tuple(fc.oneof(fc.string(), fc.constantFrom(...Object.values(redriveHeader))), fc.uint8Array()))
  .map((list) => new Map(list) as ReadonlyMap<string, Uint8Array>)
const place = fc.tuple(fc.nat(), fc.nat())

describe('the headers of a record that came back', () => {
  it('count how often, and name the place where it was read first', () =>
    fc.assert(
      fc.property(topic, fc.array(place, { minLength: 1, maxLength: 5 }), (name, places) => {
        let own: ReadonlyMap<string, Uint8Array> = new Map([['trace', new Uint8Array([1])]])
        for (const [at, [partition, offset]] of places.entries()) {
          expect(redrivenIn(own, name)).toBe(at)
          own = redrivenHeaders(own, { topic: name, partition, offset })
        }
        const [[partition, offset] = [0, 0]] = places
        expect(redrivenIn(own, name)).toBe(places.length)
        expect(new TextDecoder().decode(own.get(redriveHeader.origin))).toBe(`${name}-${partition}-${offset}`)
        expect(own.get('trace')).toEqual(new Uint8Array([1]))
      }),
    ))

  it('say nothing of what was made of it, in another topic', () =>
    fc.assert(
      fc.property(topic, topic, headers, (read, written, own) => {
        fc.pre(read !== written)
        const came = redrivenHeaders(own, { topic: read, partition: 1, offset: 2 })
        expect(redrivenIn(came, written)).toBe(0)
        const again = redrivenHeaders(came, { topic: written, partition: 3, offset: 4 })
        expect(redrivenIn(again, written)).toBe(1)
        expect(new TextDecoder().decode(again.get(redriveHeader.origin))).toBe(`${written}-3-4`)
      }),
    ))
})
