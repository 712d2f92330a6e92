import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inDirectory } from '../support/cli-world.ts'

const linesOf = (text: string): readonly unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line))

describe('millrace produce', () => {
  it('writes what consume --json has read: keys, values, headers and times, whatever the bytes', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            key: fc.option(
              fc.oneof(
                fc.string(),
                fc.base64String().map((base64) => ({ base64 })),
              ),
            ),
            value: fc.option(fc.string()),
            headers: fc.dictionary(
              fc.string().filter((name) => name !== '__proto__'),
              fc.string(),
              { noNullPrototype: true },
            ),
            timestamp: fc.nat(),
          }),
          { minLength: 1, maxLength: 20 },
        ),
        async (records) => {
          const millrace = inDirectory()
          await millrace('topics create --topic there')
          const input = records.map((record) => `${JSON.stringify(record)}\n`)
          expect((await millrace('produce --topic there --jsonl', { input })).code).toBe(0)
          const { stdout } = await millrace('consume --topic there --from-beginning --until-latest --json')
          await millrace('topics create --topic copy')
          await millrace('produce --topic copy --jsonl', { input: [stdout] })
          const copied = await millrace('consume --topic copy --from-beginning --until-latest --json')
          expect(copied.stdout).toBe(stdout.replaceAll('"topic":"there"', '"topic":"copy"'))
          expect(linesOf(stdout).length).toBe(records.length)
        },
      ),
      { numRuns: 8 },
    ))

  it('names the line that is no record, says what was acknowledged, and sends nothing behind it', async () => {
    const millrace = inDirectory()
    await millrace('topics create --topic orders')
    const bad = await millrace('produce --topic orders --value-format int32', {
      input: ['1\n2\n', '3\nfour\n5\n', '6\n'],
    })
    expect(bad.code).toBe(1)
    expect(bad.stderr).toMatch(
      /^millrace: line 4: value: "four" is no int32.*3 records were acknowledged, and nothing behind/,
    )
    const read = await millrace('consume --topic orders --from-beginning --until-latest --value-format int32')
    expect(read.stdout).toBe('1\n2\n3\n')
  })

  it('sends all of the input or nothing in a transaction', async () => {
    const millrace = inDirectory()
    await millrace('topics create --topic orders')
    const bad = await millrace('produce --topic orders --transactional --value-format int32', { input: ['1\n', 'x\n'] })
    expect(bad).toMatchObject({ code: 1, stderr: expect.stringContaining('the transaction was aborted') })
    const good = await millrace('produce --topic orders --transactional --json', { input: ['a\nb\n'] })
    expect(good).toMatchObject({ code: 0, stdout: '{"topic":"orders","acknowledged":2}\n' })
    expect((await millrace('consume --topic orders --from-beginning --until-latest')).stdout).toBe('a\nb\n')
  })

  it.each([
    ['a record that is too large', 'x'.repeat(2_000), 'line 1: takes', 'max.message.bytes'],
    ['a record without a key where keys are compacted', 'x', 'line 1: has no key', 'give it one'],
  ])('refuses %s by its line', async (_what, value, ...says) => {
    const millrace = inDirectory()
    await millrace('topics create --topic orders --config max.message.bytes=1000 --config cleanup.policy=compact')
    const { code, stderr } = await millrace('produce --topic orders', { input: [`${value}\n`] })
    expect(code).toBe(1)
    for (const words of says) expect(stderr).toContain(words)
  })

  it('refuses where no record can go before it reads one', async () => {
    const millrace = inDirectory()
    await millrace('topics create --topic orders --partitions 2')
    function* unread(): Generator<string> {
      expect.unreachable('the input was read')
      yield ''
    }
    for (const [flags, code, says] of [
      ['--topic orders --partition 9', 3, "topic 'orders' has partitions 0 to 1, and not 9"],
      ['--topic orders --partition 9 --transactional', 3, "topic 'orders' has partitions 0 to 1, and not 9"],
      [
        '--topic __consumer_offsets',
        2,
        "topic '__consumer_offsets' is the engine's own: write to a topic that you created",
      ],
    ] as const)
      expect(await millrace(`produce ${flags}`, { input: unread() })).toEqual({
        code,
        stdout: '',
        stderr: `millrace: ${says}\n`,
      })
  })

  it('ends in good order when it is interrupted, and says how far it came', async () => {
    const millrace = inDirectory()
    await millrace('topics create --topic orders')
    const { code, stderr } = await millrace('produce --topic orders', {
      input: ['a\n'],
      interrupted: AbortSignal.abort(),
    })
    expect(code).toBe(130)
    expect(stderr).toContain('0 records were acknowledged')
  })
})
