import { bytes } from '../../codec/bytes.ts'
import { idFault, idRecord, scheduleRecord } from '../../codec/job-command.ts'
import type { RawOutput } from '../../codec/job-headers.ts'
import { nullable } from '../../codec/nullable.ts'
import type { AnyDelayed } from '../../contracts/delayed.ts'
import type { Engine } from '../../contracts/engine.ts'
import { findPayload } from '../../jobs/payload.ts'
import type { Invocation, Run } from '../command-leaf.ts'
import { Complaint } from '../complaint.ts'
import { jsonLine } from '../say.ts'
import { withSession } from '../session.ts'
import { shownTime } from '../shown-time.ts'
import { findDelayed } from './find-delayed.ts'
import { readJob } from './known-job.ts'
import { unknownJob } from './show-job.ts'

interface ChangeOptions {
  readonly delayed: string
  readonly id: string
  readonly json?: boolean
}

interface RescheduleOptions extends ChangeOptions {
  readonly at?: number
  readonly after?: number
}

/** `millrace jobs cancel` */
export const cancelJob: Run<ChangeOptions> = async (invocation) => {
  const { id, delayed: name } = invocation.options
  await changed(
    invocation,
    { asked: 'cancel', says: `asked to cancel '${id}' of '${name}'` },
    async (engine, delayed) => {
      const { state, asked } = await readJob(engine, invocation.world.clock, delayed, id)
      if (asked.length === 0) {
        if (state?._tag === 'fired') throw fired(id, state.dueMs)
        if (state?._tag === 'cancelled') throw new Complaint('failed', `job '${id}' is cancelled already`)
        if (state?._tag !== 'pending') throw unknownJob(name, id)
      }
      return idRecord(delayed, 'cancel', id)
    },
  )
}

/** `millrace jobs reschedule` */
export const rescheduleJob: Run<RescheduleOptions> = async (invocation) => {
  const { at, after } = invocation.options
  const due = at ?? (after === undefined ? undefined : invocation.world.clock.now() + after)
  if (due === undefined)
    throw new Complaint('usage', `when is job '${invocation.options.id}' to be due? Say --at TIME, or --after DURATION`)
  await reschedule(invocation, 'reschedule', due)
}

/** `millrace jobs fire-now` */
export const fireJob: Run<ChangeOptions> = async (invocation) => {
  await reschedule(invocation, 'fire-now', invocation.world.clock.now())
}

/** The job once more, with what it carries, due at another time; only where it still waits as it does now. */
const reschedule = async (invocation: Invocation<ChangeOptions>, asked: string, due: number): Promise<void> => {
  const { id, delayed: name } = invocation.options
  const when = asked === 'fire-now' ? 'fire now' : `be due at ${shownTime(due)}`
  await changed(
    invocation,
    { asked, due, says: `asked that '${id}' of '${name}' ${when}` },
    async (engine, delayed) => {
      const { state, asked: before } = await readJob(engine, invocation.world.clock, delayed, id)
      if (before.length > 0)
        throw new Complaint(
          'failed',
          `job '${id}' was asked to ${before.join(', ')}, which is not carried out yet: start the program that moves '${name}' first`,
        )
      if (state?._tag === 'fired') throw fired(id, state.dueMs)
      if (state?._tag !== 'pending') throw unknownJob(name, id)
      const payload = await findPayload(engine, delayed, { id, gen: state.gen, dueMs: state.dueMs })
      if (payload === undefined) throw new Complaint('failed', `job '${id}' has just moved on: look again with show`)
      const raw = { ...delayed, to: { ...delayed.to, key: nullable(bytes), value: nullable(bytes) } }
      return scheduleRecord(raw, { ...payload, id, at: due }, { expect: state.gen })
    },
  )
}

const fired = (id: string, dueMs: number): Complaint =>
  new Complaint('failed', `job '${id}' has fired already: it was due at ${shownTime(dueMs)}`)

interface Change {
  readonly asked: string
  readonly due?: number
  readonly says: string
}

/** Writes a command down, and says so. */
const changed = async (
  { world, url, options }: Invocation<ChangeOptions>,
  { says, ...told }: Change,
  command: (engine: Engine, delayed: AnyDelayed) => Promise<RawOutput>,
): Promise<void> => {
  const { id, delayed: name, json = false } = options
  const fault = idFault(id)
  if (fault !== undefined) throw new Complaint('usage', fault)
  await withSession({ world, url }, 'write', async ({ engine, millrace }) => {
    const { topic, key, value, headers } = await command(engine, await findDelayed(engine, name))
    await (await millrace()).send(topic, [{ key, value, headers }])
  })
  if (json) await world.stdout.write(jsonLine({ id, ...told }))
  else await world.stdout.write(`${says}: carried out by what moves it, before anything else fires\n`)
}
