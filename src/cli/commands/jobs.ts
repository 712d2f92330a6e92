import { type Command, Option } from 'commander'
import { addGroup, addLeaf } from '../command-leaf.ts'
import { duration, gathered, moment, once, wholeNumber } from '../option-values.ts'
import type { World } from '../world.ts'

const about = `Looks at jobs that wait, and changes when they are due.

A change is a command that is written down, and carried out by the program that moves the jobs: at once where it runs,
else as the first thing when it does next, before anything fires. Beside a program that owns the directory nothing can be
written: it has millrace.jobs(…) for that.`

const delayedOption = (): Option => new Option('--delayed <delayed>', 'the name of what is delayed').argParser(once)
const idArgument = { name: 'id', summary: 'the id of the job' }

const tiersDetails = `Counts what waits in each topic from offsets alone, without reading a payload: PENDING is what lies behind what is
committed, OVERDUE what of that should have gone on by now; '-' where jobs of a topic do not wait equally long. Both are
upper bounds: markers of transactions count as jobs do, and so do jobs that were cancelled or replaced, until their time
comes. 'millrace jobs list' counts exactly, of the jobs that have an id.`

/** `millrace jobs …` */
export const addJobsCommands = (program: Command, world: World): void => {
  const jobs = addGroup(program, {
    name: 'jobs',
    summary: 'list, show, cancel, reschedule and fire delayed jobs',
    about,
    examples: ['millrace jobs tiers', 'millrace jobs list --delayed unpaid-orders'],
  })
  addLeaf(jobs, world, {
    name: 'list',
    summary: 'list the jobs that wait, the next first',
    details: 'Lists jobs that have an id: what is known of them is read, and none of what they carry.',
    required: [delayedOption()],
    options: [
      new Option('--overdue', 'only those that should have fired by now').conflicts('before'),
      new Option('--before <time>', 'only those that are due before 2026-01-31T12:00:00 (UTC) or MS').argParser(moment),
      new Option('--max <count>', 'how many to show; the rest is counted').argParser(wholeNumber(1)).default(50),
    ],
    json: 'a line a job, {id, due}',
    examples: ['millrace jobs list --delayed unpaid-orders', 'millrace jobs list --delayed unpaid-orders --overdue'],
    load: async () => (await import('../jobs/list-jobs.ts')).listJobs,
  })
  addLeaf(jobs, world, {
    name: 'tiers',
    summary: 'count what waits in each tier, and what is overdue, at most',
    details: tiersDetails,
    options: [
      new Option('--delayed <delayed>', 'of this; may be repeated; of all where none is named').argParser(gathered),
    ],
    json: '[{delayed, tier, topic, pending, overdue}], upper bounds',
    examples: ['millrace jobs tiers', 'millrace jobs tiers --delayed unpaid-orders --json'],
    load: async () => (await import('../jobs/count-tiers.ts')).countTiers,
  })
  addLeaf(jobs, world, {
    name: 'show',
    summary: 'show what is known of a job, and what it carries',
    argument: idArgument,
    required: [delayedOption()],
    options: [],
    json: '{id, state, due, again, asked, key, value, headers}; what is JSON or text as it is, other bytes as {"base64": …}',
    examples: ['millrace jobs show --delayed unpaid-orders o1'],
    load: async () => (await import('../jobs/show-job.ts')).showJob,
  })
  addLeaf(jobs, world, {
    name: 'cancel',
    summary: 'see to it that a job does not fire',
    argument: idArgument,
    required: [delayedOption()],
    options: [],
    json: '{id, asked}',
    examples: ['millrace jobs cancel --delayed unpaid-orders o1'],
    load: async () => (await import('../jobs/change-job.ts')).cancelJob,
  })
  addLeaf(jobs, world, {
    name: 'reschedule',
    summary: 'change when a job is due',
    argument: idArgument,
    required: [delayedOption()],
    options: [
      new Option('--at <time>', 'due then: 2026-01-31T12:00:00 (UTC) or MS').argParser(moment).conflicts('after'),
      new Option('--after <duration>', 'due so long from now: PT1H30M, or 1h30m').argParser(duration),
    ],
    json: '{id, asked, due}',
    examples: ['millrace jobs reschedule --delayed unpaid-orders --after 2h o1'],
    load: async () => (await import('../jobs/change-job.ts')).rescheduleJob,
  })
  addLeaf(jobs, world, {
    name: 'fire-now',
    summary: 'make a job due now',
    argument: idArgument,
    required: [delayedOption()],
    options: [],
    json: '{id, asked, due}',
    examples: ['millrace jobs fire-now --delayed unpaid-orders o1'],
    load: async () => (await import('../jobs/change-job.ts')).fireJob,
  })
}
