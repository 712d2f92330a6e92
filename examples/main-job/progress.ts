import type { Report } from './supervisor.ts'

/** Shows how far the job is: a bar that is redrawn on a terminal, a plain line now and then elsewhere. */
export interface ProgressView {
  readonly show: (report: Report, kills: number) => void
  readonly end: () => void
}

interface Sample {
  readonly at: number
  readonly processed: number
}

const barWidth = 30
const rateWindowMs = 3000
const number = (value: number): string => Math.round(value).toLocaleString('en-US')

const bar = (share: number): string => {
  const full = Math.round(Math.min(1, share) * barWidth)
  return '█'.repeat(full) + '░'.repeat(barWidth - full)
}

/** Records a second over the last seconds, from the work done since, whatever was killed in between. */
const rateOf = (samples: readonly Sample[]): number => {
  const [first, last] = [samples[0], samples.at(-1)]
  if (first === undefined || last === undefined || last.at === first.at) return 0
  return (Math.max(0, last.processed - first.processed) / (last.at - first.at)) * 1000
}

/** A view on `out`, for `rows` flights in all. */
export const progressView = (out: NodeJS.WriteStream, rows: number): ProgressView => {
  const everyMs = out.isTTY ? 100 : 2000
  let samples: readonly Sample[] = []
  let shownAt = Number.NEGATIVE_INFINITY
  const show = ({ sent, processed }: Report, kills: number): void => {
    const at = performance.now()
    if (at - shownAt < everyMs) return
    shownAt = at
    samples = [...samples.filter((sample) => at - sample.at < rateWindowMs), { at, processed }]
    const share = processed / rows
    const words = [
      `${Math.floor(share * 100)}%`.padStart(4),
      `${number(rateOf(samples))} records/s`,
      `lag ${number(sent - processed)}`,
      `kills ${kills}`,
    ].join('  ')
    out.write(out.isTTY ? `\r\x1b[2K${bar(share)} ${words}` : `${words}\n`)
  }
  return { show, end: () => void (out.isTTY && out.write('\r\x1b[2K')) }
}
