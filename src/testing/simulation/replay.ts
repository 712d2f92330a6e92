import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { ChoiceTape } from '../../engines/simulated/world/choices.ts'
import type { Plan, PlannedRecord } from './plan.ts'

const version = 'mr1'

/** A plan as a line of text, to be played again here or on another machine. */
export const replayOf = ({ seed, tape, cluster, machine, input, faults, instances }: Plan): string => {
  const records = input.map((record) => {
    const { topic, key, value, afterMs } = record
    return [topic, base64(key), base64(value), afterMs, ...besidesOf(record)]
  })
  const runs = Object.entries(tape ?? {}).map(([stream, choices]) => [stream, runLengths(choices)])
  const given = { ...(tape === undefined ? {} : { tape: runs }), ...(machine === undefined ? {} : { machine }) }
  const plain = { seed, ...given, cluster, input: records, faults, instances }
  return `${version}:${deflateRawSync(JSON.stringify(plain)).toString('base64url')}`
}

/**
 * The plan that `replay` stands for.
 *
 * **Errors** a `TypeError` for a line that is none, is cut off, or is of another version.
 */
export const planOf = (replay: string): Plan => {
  const [prefix, packed] = replay.trim().split(':')
  if (prefix !== version || packed === undefined)
    throw new TypeError(
      `replay: '${shortened(replay)}' is no replay of this version: it begins with '${version}:'; run the property again without it`,
    )
  try {
    const plain = JSON.parse(inflateRawSync(Buffer.from(packed, 'base64url')).toString())
    const { seed, tape, cluster, machine, input, faults, instances } = plain
    const records = input.map(([topic, key, value, afterMs, besides]: WrittenRecord) => ({
      topic,
      key: bytesOf(key),
      value: bytesOf(value),
      afterMs,
      ...besides,
      ...(besides?.headers === undefined
        ? {}
        : { headers: besides.headers.map(([name, bytes]) => [name, bytesOf(bytes)]) }),
    }))
    const given = {
      ...(tape === undefined ? {} : { tape: tapeOf(tape) }),
      ...(machine === undefined ? {} : { machine }),
    }
    return { seed, ...given, cluster, input: records, faults, instances }
  } catch (error) {
    throw new TypeError(`replay: '${shortened(replay)}' cannot be read: was it copied whole?`, { cause: error })
  }
}

/** What most records do without is only there where one has it. */
type WrittenRecord = [string, string | null, string | null, number, WrittenBesides?]
type WrittenBesides = Pick<PlannedRecord, 'timestamp' | 'lateMs' | 'partition'> & {
  readonly headers?: readonly (readonly [string, string])[]
}

const besidesOf = ({
  headers,
  timestamp,
  lateMs,
  partition,
}: PlannedRecord): readonly [] | readonly [WrittenBesides] => {
  const besides: WrittenBesides = {
    ...(headers === undefined ? {} : { headers: headers.map(([name, bytes]) => [name, base64(bytes) ?? '']) }),
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(lateMs === undefined ? {} : { lateMs }),
    ...(partition === undefined ? {} : { partition }),
  }
  return Object.keys(besides).length === 0 ? [] : [besides]
}

const shortened = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text)

const base64 = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString('base64')

const bytesOf = (text: string | null): Uint8Array | null =>
  text === null ? null : new Uint8Array(Buffer.from(text, 'base64'))

/** Most choices are 0: `[value, times, …]`. */
const runLengths = (choices: readonly number[]): readonly number[] => {
  const runs: number[] = []
  for (const choice of choices)
    if (runs.length > 0 && runs[runs.length - 2] === choice) runs[runs.length - 1] = (runs.at(-1) ?? 0) + 1
    else runs.push(choice, 1)
  return runs
}

const tapeOf = (streams: readonly (readonly [string, readonly number[]])[]): ChoiceTape =>
  Object.fromEntries(
    streams.map(([stream, runs]) => {
      const choices: number[] = []
      for (let at = 0; at + 1 < runs.length; at += 2)
        for (let times = runs[at + 1] ?? 0; times > 0; times--) choices.push(runs[at] ?? 0)
      return [stream, choices]
    }),
  )
