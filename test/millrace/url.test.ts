import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { readUrl } from '../../src/millrace/url.ts'

const refusal = (url: string) => {
  const read = readUrl(url)
  return E.isLeft(read) ? read.left : undefined
}

describe('readUrl', () => {
  it.each([
    ['memory:', { _tag: 'memory' }],
    ['file:./data', { _tag: 'file', directory: './data' }],
    ['file:data', { _tag: 'file', directory: 'data' }],
    ['file:/var/lib/orders', { _tag: 'file', directory: '/var/lib/orders' }],
    ['file:///var/lib/orders', { _tag: 'file', directory: '/var/lib/orders' }],
  ])('reads %s', (url, target) => expect(readUrl(url)).toEqual(E.right(target)))

  it.each([
    ['./data', 'names no engine'],
    ['', 'names no engine'],
    ['file:', 'names no directory'],
    ['file://data', 'file:./data or file:///data'],
    ['memory:orders', 'nothing to name'],
    ['redis://localhost', "no engine 'redis'"],
  ])('refuses %j, naming it and the way out', (url, why) => {
    const failure = refusal(url)
    expect(failure).toMatchObject({ code: 'invalid-url', kind: 'refused' })
    expect(failure?.message).toContain(`'${url}'`)
    expect(failure?.message).toContain(why)
    expect(failure?.message).toContain("'file:./data'")
  })

  it('says that there is no engine for Kafka yet', () => {
    expect(refusal('kafka://localhost:9092')).toMatchObject({ code: 'unsupported' })
  })
})
