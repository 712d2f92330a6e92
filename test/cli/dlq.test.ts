import { describe, expect, it } from 'vitest'
import { deadLetterOf } from '../../src/codec/dead-letter.ts'
import { utf8 } from '../../src/codec/utf-8.ts'
import { inDirectory, type Ran, type RunOptions } from '../support/cli-world.ts'

type Millrace = (line: string, options?: RunOptions) => Promise<Ran>

const letter = (at: number, key: string, error: Error, value: Uint8Array = utf8(`{"order":${at}}`)): string =>
  JSON.stringify(
    deadLetterOf({
      pipeline: at < 3 ? 'charge' : 'ship',
      record: {
        topic: 'orders',
        partition: at % 2,
        offset: at,
        timestamp: 1_000,
        key: utf8(key),
        value,
        headers: new Map(),
      },
      error,
    }),
  )

const refused = Object.assign(new Error('no money'), { name: 'CardRefused' })

/** Four letters, and a record that is none, in one partition. */
const withLetters = async (): Promise<Millrace> => {
  const millrace = inDirectory()
  await millrace('topics create --topic orders --partitions 2')
  await millrace('topics create --topic dead')
  const lines = [
    letter(0, 'a', refused),
    letter(1, 'b', new TypeError('odd\nthing')),
    'nonsense',
    letter(2, 'a', refused),
  ]
  const last = letter(3, 'c', refused, new Uint8Array([0xff]))
  await millrace('produce --topic dead', { input: [`${[...lines, last].join('\n')}\n`] })
  return millrace
}

const idsOf = ({ stdout }: Ran): readonly string[] => [...stdout.matchAll(/^(dead-0-\d+) /gm)].map(([, id = '']) => id)
const none = "1 record of topic 'dead' cannot be read as a dead letter\n"

describe('millrace dlq list', () => {
  it.each([
    ['', ['dead-0-0', 'dead-0-1', 'dead-0-3', 'dead-0-4']],
    ['--pipeline charge', ['dead-0-0', 'dead-0-1', 'dead-0-3']],
    ['--error TypeError', ['dead-0-1']],
    ['--reason money --pipeline charge', ['dead-0-0', 'dead-0-3']],
    ['--key a', ['dead-0-0', 'dead-0-3']],
    ['--key 61 --key-format hex', ['dead-0-0', 'dead-0-3']],
    ['--origin payments', []],
    ['--since 2100-01-01', []],
    ['--before 2100-01-01 --max 1', ['dead-0-0']],
  ])('shows the letters that are %s', async (flags, ids) => {
    const millrace = await withLetters()
    expect(idsOf(await millrace(`dlq list --topic dead ${flags}`.trim()))).toEqual(ids)
  })

  it('says what it leaves out', async () => {
    const millrace = await withLetters()
    const { stderr } = await millrace('dlq list --topic dead --max 1')
    expect(stderr).toBe(`3 letters more: --max shows more of them, --counts counts them\n${none}`)
  })

  it('is a line each, also where a reason has several', async () => {
    const millrace = await withLetters()
    const { stdout } = await millrace('dlq list --topic dead --error TypeError')
    expect(stdout).toMatch(/^dead-0-1 .* charge +orders-1-1 +b +0 +no +TypeError: odd thing$/m)
    const { stdout: json } = await millrace('dlq list --topic dead --error TypeError --json')
    expect(JSON.parse(json)).toMatchObject({
      letter: 'dead-0-1',
      key: 'b',
      reason: 'TypeError: odd\nthing',
      moved: false,
    })
  })

  it('counts by pipeline, origin and error', async () => {
    const millrace = await withLetters()
    const { stdout } = await millrace('dlq list --topic dead --counts --json')
    const counts = JSON.parse(stdout) as readonly { readonly letters: number }[]
    expect(counts).toMatchObject([
      { letters: 2, pipeline: 'charge', origin: 'orders', error: 'CardRefused' },
      { letters: 1, pipeline: 'charge', origin: 'orders', error: 'TypeError' },
      { letters: 1, pipeline: 'ship', origin: 'orders', error: 'CardRefused' },
    ])
  })
})

describe('millrace dlq show', () => {
  it('shows the record as it was, and whether it was redriven', async () => {
    const millrace = await withLetters()
    const before = await millrace('dlq show dead-0-0')
    expect(before.stdout).toMatch(/^redriven +no$/m)
    expect(before.stdout).toMatch(/^value\n{\n {2}"order": 0\n}\n$/m)
    await millrace('dlq redrive --topic dead --letter dead-0-0 --to origin --by ann --execute')
    const { stdout } = await millrace('dlq show dead-0-0 --json')
    expect(JSON.parse(stdout)).toMatchObject({ value: { order: 0 }, moved: { to: { topic: 'orders' }, by: 'ann' } })
    const bytes = await millrace('dlq show dead-0-4 --json')
    expect(JSON.parse(bytes.stdout)).toMatchObject({ value: { base64: '/w==' } })
  })

  it.each([
    ['dead-0-2', 1, 'consume --topic dead --partition 0 --offset 2'],
    ['dead-0-9', 3, "no letter 'dead-0-9'"],
    ['dead-7-0', 3, 'partitions 0 to 0'],
    ['daed-0-0', 3, "did you mean 'dead'"],
  ])('refuses %s', async (id, code, says) => {
    const millrace = await withLetters()
    expect(await millrace(`dlq show ${id}`)).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(says) })
  })
})

describe('millrace dlq redrive', () => {
  it('changes nothing without --execute, and with it what it said, once', async () => {
    const millrace = await withLetters()
    const redrive = 'dlq redrive --topic dead --pipeline charge --to origin'
    const dry = await millrace(redrive)
    expect(dry.stdout).toMatch(/^ +3 {2}would be redriven to orders$/m)
    expect(dry.stderr).toContain('nothing was changed: add --execute to do it')
    expect((await millrace('consume --topic orders --from-beginning --until-latest')).stdout).toBe('')
    const done = await millrace(`${redrive} --execute`)
    expect(done).toMatchObject({ code: 0, stdout: 'LETTERS  BECOME\n      3  redriven to orders\n', stderr: none })
    const again = await millrace(`${redrive} --execute --json`)
    expect(JSON.parse(again.stdout)).toMatchObject({
      topic: 'dead',
      executed: true,
      asked: 3,
      moved: 0,
      movedBefore: 3,
    })
    const { stdout } = await millrace('consume --topic orders --from-beginning --until-latest -f %p:%k:%s:%h\\n')
    expect(
      stdout
        .split('\n')
        .sort()
        .filter((line) => line !== ''),
    ).toEqual([
      '0:a:{"order":0}:millrace.redriven=1,millrace.origin=orders-0-0',
      '0:a:{"order":2}:millrace.redriven=1,millrace.origin=orders-0-2',
      '1:b:{"order":1}:millrace.redriven=1,millrace.origin=orders-1-1',
    ])
    expect(idsOf(await millrace('dlq list --topic dead'))).toEqual(['dead-0-4'])
    expect(idsOf(await millrace('dlq list --topic dead --all'))).toHaveLength(4)
  })

  it('fails where records can go nowhere, and names why', async () => {
    const millrace = await withLetters()
    const { code, stdout, stderr } = await millrace('dlq redrive --topic dead --execute')
    expect(code).toBe(1)
    expect(stdout).toContain("left: pipeline 'charge' has no retry topics")
    expect(stderr).toContain('4 letters could go nowhere')
  })

  it('ends at Ctrl-C, and says that the same command goes on', async () => {
    const millrace = await withLetters()
    const interrupted = AbortSignal.abort()
    const ran = await millrace('dlq redrive --topic dead --to origin --execute', { interrupted })
    expect(ran).toMatchObject({
      code: 130,
      stderr: expect.stringContaining('0 records moved; the same command goes on'),
    })
    expect((await millrace('dlq redrive --topic dead --to origin --execute')).stdout).toContain('4  redriven to orders')
  })

  it('says so where no letter is meant, or the topic is another', async () => {
    const millrace = await withLetters()
    expect((await millrace('dlq redrive --topic dead --error RangeError')).stderr).toContain(
      "no letter of topic 'dead' is",
    )
    expect(await millrace('dlq redrive --topic daed')).toMatchObject({ code: 3 })
  })

  it('refuses a letter that is none, or of another topic', async () => {
    const millrace = await withLetters()
    for (const [id, says] of [
      ['17', "'17' names no letter: write TOPIC-PARTITION-OFFSET"],
      ['orders-0-0', "letter 'orders-0-0' is not of topic 'dead': name its own with --topic"],
    ]) {
      const { code, stderr } = await millrace(`dlq redrive --topic dead --letter ${id}`)
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(says as string) })
    }
  })
})
