import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { connect, stream } from 'millrace'
import { mapValue, to } from 'millrace/operators'
import { filter, firstValueFrom } from 'rxjs'
import { below, type Measurement } from './measurement.ts'
import { inDirectory } from './records.ts'
import { input, output, turned } from './topics.ts'

const targetMib = 300
/** How many lines the table has. */
const lines = 10
const sampleMs = 20

const mib = (bytes: number): number => bytes / 1024 ** 2

/** The most that the process has held since the last look, in MiB. */
class ResidentPeak {
  #peak = 0
  readonly #timer = setInterval(() => this.#sample(), sampleMs)

  take(): number {
    this.#sample()
    const peak = this.#peak
    this.#peak = 0
    return mib(peak)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #sample(): void {
    this.#peak = Math.max(this.#peak, process.memoryUsage.rss())
  }
}

/** Writes the input in a process of its own, so that what that took is not counted. */
const fill = async (directory: string, count: number): Promise<void> => {
  const script = fileURLToPath(new URL('./memory-fill.ts', import.meta.url))
  const child = spawn(process.execPath, [...process.execArgv, script, directory, `${count}`], { stdio: 'inherit' })
  const code = await new Promise((resolve) => child.once('exit', resolve))
  if (code !== 0) throw new Error(`writing the input ended with exit code ${code}`)
}

/** The most that a process holds while an exactly-once pipeline goes through `count` records of 100 bytes. */
export const memoryOfPipeline = (count: number): Promise<readonly Measurement[]> =>
  inDirectory(async (directory) => {
    await fill(directory, count)
    const millrace = await connect(`file:${directory}`, { durability: 'process' })
    await millrace.create(output)
    const resident = new ResidentPeak()
    const running = await millrace.run('bench', stream(input).pipe(mapValue(turned), to(output)))
    const measured: Measurement[] = []
    for (let line = 1; line <= lines; line++) {
      const done = Math.round((count * line) / lines)
      await firstValueFrom(running.metrics$.pipe(filter(({ records }) => records >= done)))
      measured.push(
        below({
          name: `memory of a pipeline over ${done.toLocaleString('en-US')} records`,
          value: resident.take(),
          unit: 'MiB resident at most',
          target: targetMib,
        }),
      )
    }
    resident.stop()
    await running.stop()
    await millrace.close()
    return measured
  })
