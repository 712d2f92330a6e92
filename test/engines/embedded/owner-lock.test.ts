import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isOwned, ownerLock } from '../../../src/engines/embedded/owner-lock.ts'
import { diskStorage } from '../../../src/log/disk-storage.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'

const lockOf = (path: string) => ownerLock({ path, storage: diskStorage(path), pid: process.pid })

/** A process that does this with the lock until it is killed. */
const childThat = async (deed: 'hold' | 'look', path: string): Promise<ChildProcess> => {
  const script = join(import.meta.dirname, `${deed}-lock.ts`)
  const child = spawn(process.execPath, [script, path], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const [said] = (await once(child.stdout ?? child, 'data')) as [Buffer]
  expect(said.toString()).toBe(deed === 'hold' ? 'locked\n' : 'looking\n')
  return child
}

const holder = (path: string): Promise<ChildProcess> => childThat('hold', path)

describe('ownerLock', () => {
  it('is had by one at a time in a process', () => {
    const path = temporaryDirectory()
    const first = lockOf(path)()
    expect(first._tag).toBe('Right')
    const second = lockOf(path)()
    expect(second).toMatchObject({ _tag: 'Left', left: { code: 'already-owned' } })
    if (first._tag === 'Right') first.right()
    const third = lockOf(path)()
    expect(third._tag).toBe('Right')
    if (third._tag === 'Right') third.right()
  })

  it('names the process that has it, and ends with that, however it ends', async () => {
    const path = temporaryDirectory()
    const child = await holder(path)
    const refused = lockOf(path)()
    expect(refused).toMatchObject({ _tag: 'Left', left: { code: 'already-owned', kind: 'refused' } })
    if (refused._tag === 'Left') {
      expect(refused.left.message).toContain(`process ${child.pid}`)
      expect(refused.left.message).toContain('readOnly')
    }
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
    const taken = lockOf(path)()
    expect(taken._tag).toBe('Right')
    if (taken._tag === 'Right') taken.right()
  })

  it('is seen by whoever asks whether it is held, which keeps nobody from taking it', async () => {
    const path = temporaryDirectory()
    const seen = () => isOwned({ path, storage: diskStorage(path) })
    expect(seen()).toBe(false)
    await Promise.all([childThat('look', path), childThat('look', path)])
    for (let time = 0; time < 300; time++) {
      const taken = lockOf(path)()
      expect(taken).toMatchObject({ _tag: 'Right' })
      expect(seen()).toBe(true)
      if (taken._tag === 'Right') taken.right()
    }
    expect(seen()).toBe(false)
  })

  it('refuses a lock file that is not ours', () => {
    const path = temporaryDirectory()
    writeFileSync(
      join(path, 'lock.db'),
      'this is a diary, and no database at all, whatever its name may say\n'.repeat(20),
    )
    expect(lockOf(path)()).toMatchObject({ _tag: 'Left', left: { code: 'foreign-directory' } })
  })

  it('refuses a directory that cannot be made, and says what to do', () => {
    const path = temporaryDirectory()
    writeFileSync(join(path, 'file'), '')
    const refused = lockOf(join(path, 'file', 'data'))()
    expect(refused).toMatchObject({ _tag: 'Left', left: { code: 'foreign-directory' } })
    if (refused._tag === 'Left') expect(refused.left.message).toContain('choose another')
  })

  it('says nothing of SQLite being experimental', () => {
    const path = temporaryDirectory()
    const warnings: unknown[] = []
    const emit = process.emitWarning
    process.emitWarning = (warning: unknown) => warnings.push(warning)
    try {
      const lock = lockOf(path)()
      if (lock._tag === 'Right') lock.right()
    } finally {
      process.emitWarning = emit
    }
    expect(warnings).toEqual([])
  })
})
