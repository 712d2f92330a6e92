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
    ['./data', "names no engine (did you mean 'file:./data'?)"],
    ['data', "names no engine (did you mean 'file:data'?)"],
    ['memory', "names no engine (did you mean 'memory:'?)"],
    ['', 'names no engine'],
    ['localhost:9092', 'the address of a Kafka broker, for which this version has no engine yet'],
    ['10.0.0.1:9092,10.0.0.2:9092', 'the address of a Kafka broker'],
    ['file:~/data', "'~' means nothing outside of a shell: write the directory out, as in `file:${homedir()}/data`"],
    ['file:data?readOnly=true', 'give them as in connect(url, { readOnly: true })'],
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
