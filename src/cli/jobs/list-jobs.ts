import { settle } from '../../contracts/settle.ts'
import type { PendingJob } from '../../jobs/jobs.ts'
import { listJobs as pendingJobs } from '../../jobs/list-jobs.ts'
import type { Invocation, Run } from '../command-leaf.ts'
import { Complaint } from '../complaint.ts'
import { counted, jsonLine } from '../say.ts'
import { withSession } from '../session.ts'
import { shownTime, shownWait } from '../shown-time.ts'
import { type Column, table } from '../table.ts'
import { findDelayed } from './find-delayed.ts'
import { changelogOf } from './known-job.ts'

interface ListOptions {
  readonly delayed: string
  readonly overdue?: boolean
  readonly before?: number
  readonly max: number
  readonly json?: boolean
}

/** `millrace jobs list` */
export const listJobs: Run<ListOptions> = async (invocation) => {
  const { world, options } = invocation
  const { max, json = false } = options
  const now = world.clock.now()
  const { jobs, found } = await nextJobs(invocation, options.overdue === true ? now + 1 : options.before)
  if (json) await world.stdout.write(jobs.map(({ id, dueMs }) => jsonLine({ id, due: dueMs })).join(''))
  else
    await world.stdout.write(
      table(
        columns,
        jobs.map(({ id, dueMs }) => [id, shownTime(dueMs), shownWait(dueMs - now)]),
      ),
    )
  if (found > max) await world.stderr.write(`${counted(found - max, 'job')} more: --max shows more of them\n`)
}

/** The first that are due before a time, in that order, and how many there are. */
const nextJobs = (
  { world, url, options }: Invocation<ListOptions>,
  beforeMs: number | undefined,
): Promise<{ readonly jobs: readonly PendingJob[]; readonly found: number }> =>
  withSession({ world, url }, 'read', async ({ engine }) => {
    const delayed = await findDelayed(engine, options.delayed)
    // nothing has moved yet, so that nothing is known
    if ((await settle(engine.topics.describe([changelogOf(delayed)]))).length === 0) return { jobs: [], found: 0 }
    let next: PendingJob[] = []
    let found = 0
    for await (const job of pendingJobs(engine, delayed)) {
      if (world.interrupted.aborted) throw new Complaint('interrupted', 'interrupted')
      if (beforeMs !== undefined && job.dueMs >= beforeMs) continue
      found += 1
      next.push(job)
      if (next.length >= 2 * options.max) next = earliest(next, options.max)
    }
    return { jobs: earliest(next, options.max), found }
  })

const earliest = (jobs: PendingJob[], count: number): PendingJob[] =>
  jobs.sort((a, b) => a.dueMs - b.dueMs || (a.id < b.id ? -1 : 1)).slice(0, count)

const columns: readonly Column[] = [{ heading: 'ID' }, { heading: 'DUE' }, { heading: 'IN' }]
