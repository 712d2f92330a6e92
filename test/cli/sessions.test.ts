import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { page } from '../support/page.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { normalised, terminalSessions, typed } from '../support/terminal-sessions.ts'
import { makeShop } from './shop.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const sessions = terminalSessions('docs/cli.md', page('cli.md'))

/** A directory with the command in it, as it stands in the source. */
const executable = (directory: string): string => {
  const path = join(directory, 'bin')
  mkdirSync(path)
  const script = `#!/bin/sh\nexec '${process.execPath}' --conditions=millrace-source '${main}' "$@"\n`
  writeFileSync(join(path, 'millrace'), script, { mode: 0o755 })
  return path
}

describe('the terminal sessions of docs/cli.md', () => {
  it('print what the page says, one after the other', { timeout: 240_000 }, async () => {
    const directory = temporaryDirectory()
    await makeShop(`file:${join(directory, 'shop')}`)
    const answers = await typed(sessions, { directory, path: executable(directory) })
    const said = sessions.map(({ place, steps }) => ({ place, steps: steps.map((step) => normalised(step.output)) }))
    const came = sessions.map(({ place }, at) => ({ place, steps: (answers[at] ?? []).map(normalised) }))
    expect(came).toEqual(said)
  })

  it('show every command', () => {
    const shown = sessions.flatMap(({ steps }) => steps.map(({ command }) => command)).join('\n')
    const commands = ['create', 'list', 'describe', 'alter', 'delete'].map((name) => `topics ${name}`)
    const all = [
      ...commands,
      'produce',
      'consume',
      'groups list',
      'groups describe',
      'groups reset',
      'groups delete',
      ...['list', 'show', 'redrive'].map((name) => `dlq ${name}`),
      ...['list', 'tiers', 'show', 'cancel', 'reschedule', 'fire-now'].map((name) => `jobs ${name}`),
      'completion bash',
      'help',
    ]
    expect(all.filter((command) => !shown.includes(`millrace ${command}`))).toEqual([])
  })
})
