import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { run } from '../support/cli-world.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

const at = (directory: string, line: string) => run(['--url', `file:${directory}`, ...line.split(' ')])

const commands = [
  'topics list',
  'topics describe',
  'topics alter --topic a --config retention.ms=1',
  'topics delete --topic a',
  'produce --topic a',
  'consume --topic a',
  'consume --topic a --group g',
  'groups list',
  'groups describe',
  'groups reset --group g --topic a --to-latest',
  'groups reset --group g --topic a --to-latest --execute',
  'groups delete --group g',
]

describe('a directory that is not there', () => {
  it.each(commands)('is not made by %s', async (line) => {
    const directory = join(temporaryDirectory(), 'typo')
    const { code, stderr } = await at(directory, line)
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringContaining(`no millrace directory at ${directory}`),
    })
    expect(existsSync(directory)).toBe(false)
    mkdirSync(directory)
    expect((await at(directory, line)).code).toBe(3)
    expect(readdirSync(directory)).toEqual([])
  })

  it('is not made for a topic that cannot be created', async () => {
    const directory = join(temporaryDirectory(), 'data')
    expect((await at(directory, 'topics create --topic a/b')).code).toBe(2)
    expect((await at(directory, 'topics create --topic a --config x=1')).code).toBe(2)
    expect(existsSync(directory)).toBe(false)
  })

  it("is somebody else's where it holds something else", async () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, 'diary.txt'), '')
    for (const line of ['topics list', 'topics create --topic a']) {
      const { code, stderr } = await at(directory, line)
      expect(code).toBe(1)
      expect(stderr).toContain('diary.txt')
    }
  })

  it.each(['topics list', 'groups delete --group g', 'topics create --topic a'])(
    'is none where a file has the name: %s',
    async (line) => {
      const file = join(temporaryDirectory(), 'data')
      writeFileSync(file, '')
      const { code, stderr } = await at(file, line)
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`${file} is a file`) })
    },
  )
})

describe('a directory that a program owns', () => {
  const program = `
    import { connect, text, topic } from 'millrace'
    const lines = topic('lines', { key: text, value: text })
    const millrace = await connect(process.argv[1])
    await millrace.create(lines)
    await millrace.send(lines, [{ key: 'k', value: 'written by the owner' }])
    const consumer = await millrace.consumer({ topics: [lines], group: 'theirs' })
    while ((await consumer.poll()).length === 0);
    await consumer.commit()
    console.log('owned')
    process.stdin.resume()`

  const owned = async () => {
    const directory = join(temporaryDirectory(), 'data')
    const flags = ['--conditions=millrace-source', '--input-type=module', '--eval', program, `file:${directory}`]
    const cwd = fileURLToPath(new URL('../..', import.meta.url))
    const child = spawn(process.execPath, flags, { cwd, stdio: ['pipe', 'pipe', 'inherit'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    return { directory, child }
  }

  it('is read beside it; what would write names its pid; its members are gone when it is', async () => {
    const { directory, child } = await owned()
    const read = await at(directory, 'consume --topic lines --from-beginning --until-latest')
    expect(read).toEqual({ code: 0, stdout: 'written by the owner\n', stderr: '' })
    expect((await at(directory, 'groups describe')).stdout).toMatch(/^group theirs, Stable, 1 member\n/)
    const reset = await at(directory, 'groups reset --group theirs --all-topics --to-earliest')
    expect(reset).toMatchObject({ code: 4, stderr: expect.stringContaining('1 member') })
    for (const line of ['produce --topic lines', 'topics create --topic a', 'consume --topic lines --group g']) {
      const { code, stderr } = await at(directory, line)
      expect(code).toBe(4)
      expect(stderr).toContain(`open in process ${child.pid}`)
    }
    child.kill('SIGKILL')
    await once(child, 'close')
    expect((await at(directory, 'groups describe')).stdout).toMatch(/^group theirs, Empty, 0 members\n/)
    expect((await at(directory, 'groups reset --group theirs --all-topics --to-earliest')).code).toBe(0)
  })
})
