import type { Storage, StorageFile } from '../contracts/storage.ts'
import {
  type Frame,
  frameAlignment,
  frameHeadSize,
  frameSize,
  type JournalEntry,
  readFrame,
  readFramePlace,
} from './journal-frame.ts'

/** A journal that is damaged in its middle: what follows was acknowledged, and cannot be read. */
export class DamagedJournal extends Error {
  readonly _tag = 'DamagedJournal'
  override readonly name = 'DamagedJournal'
}

/** The frames of a journal's file, as they are found after a crash. */
export class JournalScan {
  readonly #storage: Storage
  readonly #name: string

  constructor(storage: Storage, name: string) {
    this.#storage = storage
    this.#name = name
  }

  /** The checkpoint that the file begins with; `undefined` where it begins with none. */
  checkpoint(): Frame | undefined {
    if (!this.#storage.exists(this.#name)) return undefined
    const frame = this.#reading((file) => frameAt(file, 0))
    return frame?.content._tag === 'checkpoint' ? frame : undefined
  }

  /** What follows `checkpoint`, frame by frame. Throws {@link DamagedJournal}. */
  *after(checkpoint: Frame): Iterable<readonly JournalEntry[]> {
    let position = checkpoint.sizeBytes
    for (let number = 1; ; number++) {
      const frame = this.#reading((file) => frameAt(file, position))
      const isNext = frame?.generation === checkpoint.generation && frame.number === number
      if (!isNext || frame.content._tag !== 'entries') {
        this.refuseLater(position, { generation: checkpoint.generation - 1, number: number - 1 })
        return
      }
      yield frame.content.entries
      position += frame.sizeBytes
    }
  }

  /**
   * A frame is written when the one before is durable. So if a later one is there, then what is not sound before it
   * is no torn write, and must not be passed over: throws {@link DamagedJournal}.
   */
  refuseLater(position: number, after: { readonly generation: number; readonly number: number }): void {
    if (!this.#storage.exists(this.#name)) return
    this.#reading((file) => {
      const block = new Uint8Array(frameAlignment)
      const size = file.size()
      for (let at = position + frameAlignment; at < size; at += frameAlignment) {
        const head = block.subarray(0, file.read(block, at))
        const place = readFramePlace(headAt(file, head, at))
        if (place === undefined || place.generation <= after.generation || place.number <= after.number + 1) continue
        throw new DamagedJournal(
          `${this.#name} is damaged at byte ${position}: frame ${place.number} of generation ${place.generation} follows at ${at}`,
        )
      }
    })
  }

  #reading<A>(read: (file: StorageFile) => A): A {
    const file = this.#storage.open(this.#name, 'read')
    try {
      return read(file)
    } finally {
      file.close()
    }
  }
}

const frameAt = (file: StorageFile, position: number): Frame | undefined => {
  const block = new Uint8Array(frameAlignment)
  const there = file.read(block, position)
  const sizeBytes = frameSize(block.subarray(0, there))
  if (sizeBytes === 0 || sizeBytes > file.size() - position) return undefined
  if (sizeBytes <= there) return readFrame(block)
  const whole = new Uint8Array(sizeBytes)
  file.read(whole, position)
  return readFrame(whole)
}

/** As much of the frame at `position` as {@link readFramePlace} needs. */
const headAt = (file: StorageFile, head: Uint8Array, position: number): Uint8Array => {
  const needed = frameHeadSize(head)
  if (needed <= head.length || needed > file.size() - position) return head
  const whole = new Uint8Array(needed)
  file.read(whole, position)
  return whole
}
