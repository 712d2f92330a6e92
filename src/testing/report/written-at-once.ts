import { type Beat, isTurningPoint } from './beat.ts'

/** Beyond that somebody has to see that it took a while, in virtual milliseconds. */
const atOnceMs = 20

const sends = /^sends \d+ records? to .*\)$/
const writes = /^writes (?<records>\d+ records? to .*\)) at (?<offset>\d+)$/

/** That records are sent, and written soon after with nothing in between that matters, is told in one line. */
export const writtenAtOnce = (beats: readonly Beat[]): readonly Beat[] => {
  const told: Beat[] = []
  const sent = new Map<string, number>()
  for (const beat of beats) {
    const { at, what, who } = beat
    if (isTurningPoint(beat)) sent.clear()
    const { records, offset } = writes.exec(what)?.groups ?? {}
    const index = records === undefined ? undefined : sent.get(records)
    const send = index === undefined ? undefined : told[index]
    if (records !== undefined && index !== undefined && send !== undefined && at - send.at <= atOnceMs) {
      told[index] = { ...send, what: `${send.what}, written at ${offset} by ${who}` }
      sent.delete(records)
      continue
    }
    if (sends.test(what)) sent.set(what.slice('sends '.length), told.length)
    told.push(beat)
  }
  return told
}
