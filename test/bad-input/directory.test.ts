import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type ConnectOptions, connect, type Millrace, stream, text, topic } from '../../src/index.ts'
import { failOnUnheardErrors, refusal } from '../support/bad-input.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'

failOnUnheardErrors()

const lines = topic('lines', { key: text, value: text })

const open = async (path: string, options: ConnectOptions = {}): Promise<Millrace> => {
  const millrace = await connect(`file:${path}`, options)
  onTestFinished(() => millrace.close())
  return millrace
}

const valuesOf = async (millrace: Millrace): Promise<string[]> => {
  const values: string[] = []
  for await (const { value } of millrace.read(lines, { until: 'latest' })) values.push(value)
  return values
}

/** A directory that Millrace has written. */
const written = async (...values: readonly string[]): Promise<string> => {
  const path = join(temporaryDirectory(), 'data')
  const millrace = await connect(`file:${path}`)
  await millrace.create(lines)
  for (const value of values) await millrace.send(lines, [{ key: 'k', value }])
  await millrace.close()
  return path
}

/** All files with their content, to see that nothing was touched. */
const contentOf = (path: string): readonly (readonly [string, string])[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => [file, readFileSync(file, 'latin1')])

describe('a directory that is not ours to open', () => {
  it("is refused where it is another program's, and left as it is", async () => {
    const path = temporaryDirectory()
    writeFileSync(join(path, 'diary.txt'), 'dear diary')
    mkdirSync(join(path, 'photos'))
    const before = contentOf(path)
    const foreign = {
      code: 'foreign-directory',
      kind: 'refused',
      says: [path, 'diary.txt', 'photos', 'new, empty, or ours'],
    }
    await refusal(connect(`file:${path}`), foreign)
    await refusal(connect(`file:${path}`, { readOnly: true }), foreign)
    expect(contentOf(path)).toEqual(before)
  })

  it('is refused where a newer version wrote it, and left as it is', async () => {
    const path = await written('a')
    const catalog = join(path, 'millrace.catalog')
    writeFileSync(catalog, readFileSync(catalog, 'utf8').replace(/^millrace \d+ /, 'millrace 99 '))
    const before = contentOf(path)
    const newer = { code: 'newer-version', kind: 'refused', says: [path, 'format 99', 'newer Millrace'] }
    await refusal(connect(`file:${path}`), newer)
    await refusal(connect(`file:${path}`, { readOnly: true }), newer)
    expect(contentOf(path).filter(([file]) => !file.includes('/lock.'))).toEqual(
      before.filter(([file]) => !file.includes('/lock.')),
    )
  })

  it('is refused where its catalog is damaged', async () => {
    const path = await written('a')
    const catalog = join(path, 'millrace.catalog')
    writeFileSync(catalog, readFileSync(catalog, 'utf8').replace('"lines"', '"limes"'))
    await refusal(connect(`file:${path}`), {
      code: 'corrupt-log',
      kind: 'refused',
      says: [catalog, 'damaged', 'backup'],
    })
  })

  it('is refused where a file has the name', async () => {
    const path = join(temporaryDirectory(), 'file')
    writeFileSync(path, '')
    for (const url of [`file:${path}`, `file:${path}/data`])
      await refusal(connect(url), {
        code: 'foreign-directory',
        kind: 'refused',
        says: [path, 'no directory', 'choose another'],
      })
  })

  it('is not made by a reader: what is not there cannot be read', async () => {
    const path = join(temporaryDirectory(), 'missing')
    await refusal(connect(`file:${path}`, { readOnly: true }), {
      code: 'foreign-directory',
      kind: 'refused',
      says: [path],
    })
    expect(existsSync(path)).toBe(false)
  })
})

describe('a directory without the permission', () => {
  /** As somebody else than root, whom nothing is denied. The one alternative is not to see it, and to say so. */
  const asNobody = async (work: () => Promise<void>): Promise<void> => {
    const { geteuid, seteuid } = process
    if (geteuid === undefined || seteuid === undefined) return console.warn('NOT TESTED: no users on this system')
    const isRoot = geteuid() === 0
    if (isRoot) seteuid(65_534)
    try {
      await work()
    } finally {
      if (isRoot) seteuid(0)
    }
  }

  it('is named with what to do, and works once it is given', async () => {
    const path = await written('a')
    chmodSync(join(path, '..'), 0o755)
    chmodSync(path, 0o555)
    await asNobody(async () => {
      await refusal(connect(`file:${path}`), {
        code: 'storage-denied',
        kind: 'fatal',
        says: [path, 'right to read and write', 'readOnly'],
      })
      await refusal(connect(`file:${path}/deeper`), {
        code: 'storage-denied',
        kind: 'fatal',
        says: [path, 'right to read and write'],
      })
    })
    chmodSync(path, 0o700)
    await asNobody(async () => {
      await refusal(connect(`file:${path}`, { readOnly: true }), {
        code: 'storage-denied',
        kind: 'fatal',
        says: [path, 'right to read'],
      })
    })
    chmodSync(path, 0o755)
    expect(await valuesOf(await open(path))).toEqual(['a'])
  })
})

describe('a directory that has an owner', () => {
  const second = { code: 'already-owned', kind: 'refused' }

  it('is refused to a second process, with the pid of the first; its reader reads on', async () => {
    const path = await written('a')
    const child = spawn(
      process.execPath,
      ['--conditions=millrace-source', join(import.meta.dirname, 'own-directory.ts'), path],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    )
    onTestFinished(() => void child.kill('SIGKILL'))
    expect(String((await once(child.stdout, 'data'))[0])).toBe('owned\n')
    await refusal(connect(`file:${path}`), {
      ...second,
      says: [path, `process ${child.pid}`, 'close it there', 'readOnly'],
    })
    const reader = await open(path, { readOnly: true })
    expect(await valuesOf(reader)).toEqual(['a', 'written by the owner'])
    await refusal(reader.send(lines, [{ key: 'k', value: 'v' }]), {
      code: 'read-only',
      kind: 'refused',
      says: [path, 'owner'],
    })
    await refusal(reader.create(topic('more', { key: text, value: text })), {
      code: 'read-only',
      kind: 'refused',
      says: [path],
    })
    for (const guarantee of ['exactly-once', 'at-least-once'] as const)
      await refusal(reader.run('p', stream(lines), { guarantee }), {
        code: 'unsupported',
        kind: 'refused',
        says: [path, "pipeline 'p'", 'read-only'],
      })
    await refusal(
      reader.transaction((tx) => tx.send(lines, [{ key: 'k', value: 'v' }])),
      { code: 'read-only', kind: 'refused', says: [path] },
    )

    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    expect(await valuesOf(await open(path))).toEqual(['a', 'written by the owner'])
  })

  it('is refused to a second connection of one process, which is told that it is itself', async () => {
    const path = await written('a')
    const first = await open(path)
    await refusal(connect(`file:${path}`), {
      ...second,
      says: [path, `this very process (${process.pid})`, 'close it first'],
    })
    // the first goes on, and what closes it lets the next in
    await first.send(lines, [{ key: 'k', value: 'b' }])
    await first.close()
    expect(await valuesOf(await open(path))).toEqual(['a', 'b'])
  })
})
