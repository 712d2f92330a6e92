import type { Payload } from '../../jobs/payload.ts'
import { findPayload } from '../../jobs/payload.ts'
import type { Run } from '../command-leaf.ts'
import { Complaint } from '../complaint.ts'
import { readableJson, readableText } from '../readable.ts'
import { jsonLine } from '../say.ts'
import { withSession } from '../session.ts'
import { shownTime, shownWait } from '../shown-time.ts'
import { findDelayed } from './find-delayed.ts'
import { type KnownJob, readJob } from './known-job.ts'

interface ShowOptions {
  readonly delayed: string
  readonly id: string
  readonly json?: boolean
}

interface Shown extends KnownJob {
  readonly id: string
  readonly payload: Payload | undefined
}

/** `millrace jobs show` */
export const showJob: Run<ShowOptions> = async ({ world, url, options: { delayed: name, id, json = false } }) => {
  const shown = await withSession({ world, url }, 'read', async ({ engine }): Promise<Shown> => {
    const delayed = await findDelayed(engine, name)
    const { state, asked } = await readJob(engine, world.clock, delayed, id)
    if ((state === undefined || state._tag === 'asked') && asked.length === 0) throw unknownJob(name, id)
    const payload =
      state?._tag === 'pending'
        ? await findPayload(engine, delayed, { id, gen: state.gen, dueMs: state.dueMs })
        : undefined
    return { id, state, asked, payload }
  })
  await world.stdout.write(json ? jsonLine(document(shown)) : page(shown, world.clock.now()))
}

export const unknownJob = (name: string, id: string): Complaint =>
  new Complaint(
    'missing',
    `nothing is known of a job '${id}' of '${name}', or not any more: 'millrace jobs list --delayed ${name}' shows those that wait`,
  )

const stateOf = ({ state }: Shown): string => {
  switch (state?._tag) {
    case 'pending':
    case 'fired':
    case 'cancelled':
      return state._tag
    case 'ahead':
      return 'cancelled before it was scheduled'
    default:
      return 'unknown'
  }
}

const dueOf = ({ state }: Shown): number | undefined =>
  state !== undefined && 'dueMs' in state ? state.dueMs : undefined

const againOf = ({ state }: Shown): string | undefined => (state?._tag === 'pending' ? state.series : undefined)

const document = (shown: Shown) => {
  const { id, asked, payload } = shown
  return {
    id,
    state: stateOf(shown),
    due: dueOf(shown) ?? null,
    again: againOf(shown) ?? null,
    asked,
    ...(payload === undefined
      ? {}
      : {
          key: readableJson(payload.key),
          value: readableJson(payload.value),
          headers: Object.fromEntries(Array.from(payload.headers, ([name, bytes]) => [name, readableJson(bytes)])),
        }),
  }
}

const page = (shown: Shown, now: number): string => {
  const { id, asked, payload } = shown
  const due = dueOf(shown)
  const again = againOf(shown)
  const wait = due === undefined ? '' : ` (${shownWait(due - now)})`
  const lines = [
    `job     ${id}`,
    `state   ${stateOf(shown)}`,
    ...(due === undefined ? [] : [`due     ${shownTime(due)}${shown.state?._tag === 'pending' ? wait : ''}`]),
    ...(again === undefined ? [] : [`again   ${again}`]),
    ...(asked.length === 0 ? [] : [`asked   ${asked.join(', ')}: not carried out yet`]),
    ...(payload === undefined
      ? []
      : [
          `key     ${readableText(payload.key)}`,
          ...Array.from(payload.headers, ([name, bytes]) => `header  ${name}=${readableText(bytes)}`),
          'value',
          readableText(payload.value),
        ]),
  ]
  return `${lines.join('\n')}\n`
}
