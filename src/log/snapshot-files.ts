import type { ProducerEntry } from '../protocol/broker/producer-state.ts'
import { fileName, offsetsInNames } from './file-names.ts'
import type { LogDirectory } from './log-directory.ts'
import { readProducers, readSnapshot, writeProducers, writeSnapshot } from './producer-snapshot.ts'

/** How many snapshots a partition keeps: the last, and one before it in case that is damaged. */
const snapshotsMax = 2

/** A partition's snapshots of its producers, each in Kafka's form and in ours. */
export class SnapshotFiles {
  readonly #directory: LogDirectory
  #offsets: number[] | undefined

  constructor(directory: LogDirectory) {
    this.#directory = directory
  }

  /** Writes down what is known as of `offset`, and removes older ones. */
  write(offset: number, entries: readonly ProducerEntry[]): void {
    this.#directory.writeFile(fileName(offset, 'sequences'), writeProducers(entries))
    this.#directory.writeFile(fileName(offset, 'snapshot'), writeSnapshot(entries))
    const offsets = [...this.#known.filter((each) => each !== offset), offset]
    for (const old of offsets.splice(0, Math.max(0, offsets.length - snapshotsMax))) this.#remove(old)
    this.#offsets = offsets
  }

  /** Removes those for which `isGone` holds of their offset. */
  removeWhere(isGone: (offset: number) => boolean): void {
    for (const offset of this.#known.filter(isGone)) this.#remove(offset)
    this.#offsets = this.#known.filter((offset) => !isGone(offset))
  }

  /** The newest that is sound and not beyond `offset`. */
  newest(offset: number): { readonly offset: number; readonly entries: readonly ProducerEntry[] } | undefined {
    for (const at of this.#known.filter((each) => each <= offset).reverse()) {
      const ours = this.#directory.readFile(fileName(at, 'sequences'))
      const kafkas = this.#directory.readFile(fileName(at, 'snapshot'))
      const entries = (ours && readProducers(ours)) ?? (kafkas && readSnapshot(kafkas))
      if (entries !== undefined) return { offset: at, entries }
    }
    return undefined
  }

  get #known(): number[] {
    if (this.#offsets === undefined) {
      const names = this.#directory.list()
      const all = new Set([...offsetsInNames(names, 'snapshot'), ...offsetsInNames(names, 'sequences')])
      this.#offsets = [...all].sort((a, b) => a - b)
    }
    return this.#offsets
  }

  #remove(offset: number): void {
    for (const kind of ['snapshot', 'sequences'] as const) {
      if (this.#directory.exists(fileName(offset, kind))) this.#directory.remove(fileName(offset, kind))
    }
  }
}
