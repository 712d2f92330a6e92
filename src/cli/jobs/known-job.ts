import * as E from 'fp-ts/lib/Either.js'
import { topicsOf } from '../../codec/delayed.ts'
import { markIn } from '../../codec/mark-reader.ts'
import { utf8 } from '../../codec/utf-8.ts'
import type { Clock } from '../../contracts/clock.ts'
import type { AnyDelayed } from '../../contracts/delayed.ts'
import type { Engine } from '../../contracts/engine.ts'
import { settle } from '../../contracts/settle.ts'
import { jobStateCodec } from '../../jobs/job-state-codec.ts'
import { jobsStore } from '../../jobs/mover.ts'
import { readPartition } from '../../jobs/read-partition.ts'
import { settlePatiently } from '../../millrace/settle-patiently.ts'
import { keyedPartition } from '../../protocol/client/partitioner.ts'
import type { JobState } from '../../protocol/delay/job-state.ts'
import { changelogName } from '../../store/changelog.ts'

/** What is committed of a job: what is known of it, and what was asked since, which is not carried out yet. */
export interface KnownJob {
  readonly state: JobState | undefined
  readonly asked: readonly string[]
}

/** Reads what is known of a job, beside whoever moves it, or without. */
export const readJob = async (engine: Engine, clock: Clock, delayed: AnyDelayed, id: string): Promise<KnownJob> => {
  const key = utf8(id)
  const partition = keyedPartition(key, delayed.partitions)
  const isIt = (record: { readonly key: Uint8Array | null }): boolean =>
    record.key !== null && Buffer.compare(record.key, key) === 0
  return {
    state: await readState(engine, clock, { topic: changelogOf(delayed), partition, isIt }),
    asked: await readAsked(engine, clock, { delayed, partition, isIt }),
  }
}

/** The topic in which it is written down what is known of jobs; made by what moves them. */
export const changelogOf = ({ name }: AnyDelayed): string => changelogName(name, jobsStore.name)

interface Wanted {
  readonly partition: number
  readonly isIt: (record: { readonly key: Uint8Array | null }) => boolean
}

const readState = async (
  engine: Engine,
  clock: Clock,
  { topic, partition, isIt }: Wanted & { readonly topic: string },
): Promise<JobState | undefined> => {
  if ((await settle(engine.topics.describe([topic]))).length === 0) return undefined
  let last: Uint8Array | null = null
  for await (const records of readPartition(engine, { topic, partition }))
    for (const record of records) if (isIt(record)) last = record.value
  const read = jobStateCodec.decode(last)
  if (E.isLeft(read)) return undefined
  const state = read.right
  return 'untilMs' in state && state.untilMs <= clock.now() ? undefined : state
}

const readAsked = async (
  engine: Engine,
  clock: Clock,
  { delayed, partition, isIt }: Wanted & { readonly delayed: AnyDelayed },
): Promise<readonly string[]> => {
  const place = { topic: topicsOf(delayed).commands.name, partition }
  const [committed] = await settlePatiently(clock, engine.groups.committed(delayed.name, [place]))
  const asked: string[] = []
  for await (const records of readPartition(engine, place, committed?.offset))
    for (const record of records) {
      const what = isIt(record) ? markIn(record.headers)?.what : undefined
      if (what === 'schedule' || what === 'cancel') asked.push(what)
    }
  return asked
}
