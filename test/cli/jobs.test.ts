import { describe, expect, it } from 'vitest'
import { type Millrace as Connection, connect } from '../../src/index.ts'
import { systemClock } from '../../src/millrace/system.ts'
import { inDirectory, type Ran, type RunOptions, run } from '../support/cli-world.ts'
import { temporaryDirectory } from '../support/temporary-directory.ts'
import { cancellations, makeShop, unpaid } from './shop.ts'

type Millrace = (line: string, options?: RunOptions) => Promise<Ran>

interface Shop {
  readonly url: string
  readonly millrace: Millrace
}

const shop = async (): Promise<Shop> => {
  const url = `file:${temporaryDirectory()}/shop`
  await makeShop(url)
  const millrace: Millrace = (line, options) => run(['--url', url, 'jobs', ...line.split(' ')], options)
  return { url, millrace }
}

/** What `look` sees while the program of the shop runs again. */
const reopened = async <A>({ url }: Shop, look: (millrace: Connection) => Promise<A>): Promise<A> => {
  const millrace = await connect(url, { durability: 'process' })
  try {
    return await look(millrace)
  } finally {
    await millrace.close()
  }
}

const minutes = 60_000

describe('millrace jobs list', () => {
  it('shows what waits, the next first, and says what it leaves out', async () => {
    const { millrace } = await shop()
    const { stdout, stderr } = await millrace('list --delayed unpaid-orders')
    expect(stdout).toMatch(/^ID +DUE +IN\no4 +20\S+Z +29m\d\ds\no5 +20\S+Z +29m\d\ds\n$/)
    expect(stderr).toBe('')
    const first = await millrace('list --delayed unpaid-orders --max 1 --json')
    expect(JSON.parse(first.stdout)).toMatchObject({ id: 'o4' })
    expect(first.stderr).toBe('1 job more: --max shows more of them\n')
    expect((await millrace('list --delayed unpaid-orders --overdue --json')).stdout).toBe('')
    expect((await millrace('list --delayed unpaid-orders --before 2100-01-01 --json')).stdout.split('\n')).toHaveLength(
      3,
    )
  })
})

describe('millrace jobs tiers', () => {
  it('counts what waits by offsets, and what is late by the time of writing', async () => {
    const { millrace } = await shop()
    const tierAt = async (clock?: RunOptions['clock']) => {
      const { stdout } = await millrace('tiers --json', clock === undefined ? {} : { clock })
      return (JSON.parse(stdout) as readonly Record<string, unknown>[]).find(({ tier }) => tier === '30m')
    }
    const before = await tierAt()
    expect(before).toMatchObject({ delayed: 'unpaid-orders', topic: 'unpaid-orders.delay-30m', overdue: 0 })
    // with the markers of their transactions
    expect(before?.['pending']).toBeGreaterThanOrEqual(3)
    expect(before?.['pending']).toBeLessThanOrEqual(6)
    const later = { ...systemClock, now: () => systemClock.now() + 31 * minutes }
    expect(await tierAt(later)).toMatchObject({ overdue: before?.['pending'] })
    expect((await millrace('tiers')).stdout).toMatch(/^unpaid-orders +near +0 +-$/m)
  })
})

describe('millrace jobs show', () => {
  it('shows what is known of a job, and what it carries', async () => {
    const { millrace } = await shop()
    const { stdout } = await millrace('show --delayed unpaid-orders o4 --json')
    expect(JSON.parse(stdout)).toMatchObject({
      id: 'o4',
      state: 'pending',
      asked: [],
      key: 'o4',
      value: { order: 'o4', reason: 'unpaid' },
    })
    expect((await millrace('show --delayed unpaid-orders o6')).stdout).toBe('job     o6\nstate   cancelled\n')
  })

  it('and what changes jobs refuse what there is not, and say so', async () => {
    const { millrace } = await shop()
    const refused: readonly (readonly [line: string, code: number, says: string])[] = [
      ['show --delayed unpaid-orders o9', 3, "nothing is known of a job 'o9'"],
      ['show --delayed unpaid-order o4', 3, "did you mean 'unpaid-orders'"],
      ['cancel --delayed unpaid-orders o9', 3, "nothing is known of a job 'o9'"],
      ['cancel --delayed unpaid-orders o6', 1, 'cancelled already'],
      ['fire-now --delayed unpaid-orders o6', 3, "nothing is known of a job 'o6'"],
      ['tiers --delayed unpaid', 3, "there is 'unpaid-orders'"],
    ]
    for (const [line, code, says] of refused)
      expect(await millrace(line)).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(says) })
  })
})

describe('a directory in which nothing is delayed', () => {
  it('has no such job, and nothing to show instead', async () => {
    const millrace = inDirectory()
    await millrace('topics create --topic orders')
    const { code, stderr } = await millrace('jobs list --delayed nope')
    expect(code).toBe(3)
    expect(stderr).toMatch(/^millrace: nothing is delayed under the name 'nope' at file:\S+\n$/)
  })
})

describe('what millrace jobs asks for', () => {
  it('is shown as not carried out yet, and is when the program runs', async () => {
    const one = await shop()
    const { stdout } = await one.millrace('cancel --delayed unpaid-orders o4')
    expect(stdout).toContain("asked to cancel 'o4' of 'unpaid-orders'")
    expect((await one.millrace('show --delayed unpaid-orders o4')).stdout).toMatch(
      /^asked +cancel: not carried out yet$/m,
    )
    expect(await one.millrace('fire-now --delayed unpaid-orders o4')).toMatchObject({ code: 1, stdout: '' })
    expect(await reopened(one, (millrace) => millrace.jobs(unpaid).get('o4'))).toEqual({ _tag: 'cancelled' })
    expect((await one.millrace('show --delayed unpaid-orders o4')).stdout).toBe('job     o4\nstate   cancelled\n')
  })

  it('makes a job fire, once, with what it carries', async () => {
    const one = await shop()
    expect(await one.millrace('fire-now --delayed unpaid-orders o5 --json')).toMatchObject({ code: 0, stderr: '' })
    const fired = await reopened(one, async (millrace) => {
      await millrace.jobs(unpaid).get('o5')
      for await (const { key, value } of millrace.read(cancellations)) return { key, value: JSON.parse(value) }
      return undefined
    })
    expect(fired).toEqual({ key: 'o5', value: { order: 'o5', reason: 'unpaid' } })
    expect(await one.millrace('cancel --delayed unpaid-orders o5')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('has fired already'),
    })
  })

  it('puts a job off', async () => {
    const one = await shop()
    await one.millrace('reschedule --delayed unpaid-orders --at 2100-01-01 o5')
    const known = await reopened(one, (millrace) => millrace.jobs(unpaid).get('o5'))
    expect(known).toEqual({ _tag: 'pending', dueMs: Date.UTC(2100, 0, 1) })
  })

  it('is refused beside the program, which is named', async () => {
    const one = await shop()
    await reopened(one, async () => {
      const { code, stderr } = await one.millrace('cancel --delayed unpaid-orders o4')
      expect({ code, stderr }).toEqual({ code: 4, stderr: expect.stringContaining(`process ${process.pid}`) })
      expect((await one.millrace('show --delayed unpaid-orders o4')).code).toBe(0)
    })
  })
})
