import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineTooLong, linesOf } from '../../src/cli/produce/lines.ts'

async function* piecesOf(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
}

const linesIn = async (pieces: readonly Uint8Array[], maxBytes = 1_000): Promise<readonly string[]> => {
  const lines: string[] = []
  for await (const some of linesOf(piecesOf(pieces), maxBytes))
    lines.push(...some.map((line) => Buffer.from(line).toString('latin1')))
  return lines
}

/** `text` cut at these places. */
const cutAt = (text: string, places: readonly number[]): readonly Uint8Array[] => {
  const cuts = [0, ...places.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length]
  return cuts.slice(1).map((end, at) => Buffer.from(text.slice(cuts[at], end), 'latin1'))
}

const line = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\u00e9') })

describe('linesOf', () => {
  it('answers the lines, wherever the input is cut, with the last line end or without', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(line),
        fc.constantFrom('\n', '\r\n'),
        fc.array(fc.nat()),
        fc.boolean(),
        async (lines, end, cuts, isEnded) => {
          const text = isEnded ? lines.map((one) => one + end).join('') : lines.join(end)
          const expected = !isEnded && lines.at(-1) === '' ? lines.slice(0, -1) : lines
          expect(await linesIn(cutAt(text, cuts))).toEqual(expected)
        },
      ),
    ))

  it('gives up a line that is longer than it may be, behind the lines before it', async () => {
    const lines: string[] = []
    const reading = (async () => {
      for await (const some of linesOf(piecesOf([Buffer.from('one\ntw'), Buffer.from('o'.repeat(20))]), 10))
        lines.push(...some.map(String))
    })()
    await expect(reading).rejects.toThrow(LineTooLong)
    expect(lines.length).toBe(1)
  })
})
