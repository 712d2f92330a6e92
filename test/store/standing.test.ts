import { describe, expect, it } from 'vitest'
import { type ChangelogNow, readStanding, type Standing, whyUseless } from '../../src/store/standing.ts'

const hourMs = 60 * 60 * 1_000
const standing: Standing = { changelogId: 'c', from: 10, to: 20, takenAt: 1_000 }
const now: ChangelogNow = { id: 'c', start: 0, end: 20, tombstonesMs: 24 * hourMs, now: 1_000 }

describe('a copy of a store', () => {
  it('is of use where the changelog has all that is missing', () => {
    expect(whyUseless(standing, now)).toBeUndefined()
    expect(whyUseless(standing, { ...now, start: 10, end: 1_000, now: 1_000 + 23 * hourMs - 1 })).toBeUndefined()
  })

  it('is not, by name, where the changelog is another, is shorter, or has forgotten something', () => {
    expect(whyUseless(standing, { ...now, id: 'd' })).toContain('a changelog that is no more')
    expect(whyUseless(standing, { ...now, end: 19 })).toContain('up to offset 20, and the changelog ends at 19')
    expect(whyUseless(standing, { ...now, start: 11 })).toContain('the changelog begins at 11')
    expect(whyUseless(standing, { ...now, now: 1_000 + 23 * hourMs })).toContain('may have forgotten')
  })

  it('says where it stands in words that are checked', () => {
    expect(readStanding(JSON.stringify(standing))).toEqual(standing)
    for (const text of [
      '',
      '{}',
      'null',
      '{"changelogId":1,"from":0,"to":0,"takenAt":0}',
      '{"changelogId":"c","from":0.5}',
    ])
      expect(readStanding(text)).toBeUndefined()
  })
})
