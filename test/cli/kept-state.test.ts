import { describe, expect, it } from 'vitest'
import { distinctByKey } from '../../operators/distinct-by-key.ts'
import { scanByKey } from '../../operators/scan-by-key.ts'
import { connect, store, stream, text, topic } from '../../src/index.ts'
import { type Ran, run } from '../support/cli-world.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const words = topic('words', { key: text, value: text })
const length = store('length', { key: text, value: text })
const counting = stream(words).pipe(scanByKey(length, '', (before, word) => before + word))
const countingOnce = stream(words).pipe(
  distinctByKey((word) => word, { within: '24h' }),
  scanByKey(length, '', (before, word) => before + word),
)

/** What pipeline `p` has in its store when it has come to the end. */
const runOnce = async (url: string, chain: typeof counting): Promise<unknown> => {
  const millrace = await connect(url, { durability: 'process' })
  try {
    const running = await millrace.run('p', chain)
    await running.caughtUp()
    return running.store(length).get('a')
  } finally {
    await millrace.close()
  }
}

interface Ended {
  readonly url: string
  readonly millrace: (line: string) => Promise<Ran>
}

/** A directory in which pipeline `p` has read `x` and `y`, and has ended. */
const ended = async (chain: typeof counting): Promise<Ended> => {
  const url = `file:${temporaryDirectory()}/data`
  const millrace = await connect(url, { durability: 'process' })
  await millrace.create(words)
  for (const value of ['x', 'y']) await millrace.send(words, [{ key: 'a', value }])
  await millrace.close()
  expect(await runOnce(url, chain)).toEqual({ _tag: 'found', value: 'xy' })
  return { url, millrace: (line) => run(['--url', url, ...line.split(' ')]) }
}

const says =
  "pipeline 'p' keeps state in p--length-changelog, which stays: records that are read again are counted again, or dropped as seen before; delete that too, with 'millrace topics delete --topic p--length-changelog', or run the pipeline under another name\n"

describe('the state of a pipeline', () => {
  it.each([
    ['groups reset --group p --all-topics --to-earliest', `${says}nothing was changed: add --execute to do it\n`],
    ['groups reset --group p --all-topics --to-earliest --execute --json', says],
    ['groups reset --group p --all-topics --to-latest --execute', ''],
    ['groups delete --group p', `deleted group p\n${says}`],
    ['groups delete --group p --json', says],
  ])('is named where its records may be read again: %s', async (line, stderr) => {
    const { millrace } = await ended(counting)
    expect(await millrace(line)).toMatchObject({ code: 0, stderr })
  })

  it('counts them again where it stays, and once where it was deleted too', async () => {
    for (const [deletes, value] of [
      [[], 'xyxy'],
      [['topics delete --topic p--length-changelog'], 'xy'],
    ] as const) {
      const { url, millrace } = await ended(counting)
      for (const line of ['groups delete --group p', ...deletes]) expect((await millrace(line)).code).toBe(0)
      expect(await runOnce(url, counting)).toEqual({ _tag: 'found', value })
    }
  })

  it('may lie in several topics', async () => {
    const { millrace } = await ended(countingOnce)
    const { stderr } = await millrace('groups delete --group p')
    expect(stderr).toMatch(
      /keeps state in (p--\S+-changelog) and (p--\S+-changelog), which stay: .* 'millrace topics delete --topic \1 --topic \2'/,
    )
  })
})
