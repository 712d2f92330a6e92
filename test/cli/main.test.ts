import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { run } from '../support/cli-world.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

/** The executable, following a topic that holds so many records, as far as its first output. */
const following = async (
  url: string,
  records: number,
  flags: string,
): Promise<ChildProcessByStdio<null, Readable, Readable>> => {
  const ours = (line: string, input: readonly string[] = []) => run(['--url', url, ...line.split(' ')], { input })
  await ours('topics create --topic numbers')
  await ours('produce --topic numbers', [Array.from({ length: records }, (_, at) => `${at}\n`).join('')])
  const args = [
    '--conditions=millrace-source',
    main,
    '--url',
    url,
    'consume',
    '--topic',
    'numbers',
    ...flags.split(' '),
  ]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'readable')
  return child
}

const textOf = async (stream: Readable): Promise<string> => (await stream.setEncoding('utf8').toArray()).join('')

describe('the executable', () => {
  it('ends in good order at Ctrl-C, and has committed what it printed, also where the signal comes twice', async () => {
    const url = `file:${temporaryDirectory()}/data`
    const child = await following(url, 3, '--group g --from-beginning')
    child.kill('SIGINT')
    child.kill('SIGINT')
    const [stdout, stderr, [code]] = await Promise.all([
      textOf(child.stdout),
      textOf(child.stderr),
      once(child, 'close'),
    ])
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '0\n1\n2\n', stderr: '' })
    const described = await run(['--url', url, 'groups', 'describe', '--group', 'g', '--interval', '0'])
    expect(described.stdout).toMatch(/^numbers +0 +3 +3 +0 /m)
  })

  it('ends quietly when its reader has had enough', async () => {
    const child = await following(`file:${temporaryDirectory()}/data`, 50_000, '--from-beginning')
    child.stdout.destroy()
    const [stderr, [code]] = await Promise.all([textOf(child.stderr), once(child, 'close')])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  it.runIf(process.platform === 'linux')('names what has no room for its output', async () => {
    const args = ['--conditions=millrace-source', main, '--help']
    const full = openSync('/dev/full', 'w')
    const child = spawn(process.execPath, args, { stdio: ['ignore', full, 'pipe'] })
    const [stderr, [code]] = await Promise.all([textOf(child.stderr as Readable), once(child, 'close')])
    closeSync(full)
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'millrace: cannot write to stdout: ENOSPC: no space left on device, write\n',
    })
  })

  it.runIf(process.platform === 'linux')(
    'refuses a place that takes no directories, and does not try for ever',
    async () => {
      const args = [
        '--conditions=millrace-source',
        main,
        '--url',
        'file:/proc/millrace',
        'topics',
        'create',
        '--topic',
        'x',
      ]
      const child = spawn(process.execPath, args, {
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 20_000,
        killSignal: 'SIGKILL',
      })
      const [stderr, [code]] = await Promise.all([textOf(child.stderr), once(child, 'close')])
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('/proc/millrace') })
    },
  )
})
