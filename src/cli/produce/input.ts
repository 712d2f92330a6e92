import { type FileHandle, open } from 'node:fs/promises'
import { addAbortSignal, type Readable } from 'node:stream'
import { Complaint } from '../complaint.ts'
import type { World } from '../world.ts'

/** The bytes of `file`, or of stdin where none is named or it is `-`. Ctrl-C ends them with an error. */
export const openInput = async ({ stdin, interrupted }: World, file = '-'): Promise<Readable> => {
  const input = file === '-' ? stdin() : (await openFile(file)).createReadStream()
  // told to whoever reads it, and thrown where nobody does yet
  input.on('error', () => undefined)
  return addAbortSignal(interrupted, input)
}

const openFile = async (file: string): Promise<FileHandle> => {
  try {
    const handle = await open(file)
    if (!(await handle.stat()).isDirectory()) return handle
    await handle.close()
  } catch (error) {
    throw new Complaint('usage', `cannot read --file ${file}: ${(error as Error).message}`, error)
  }
  throw new Complaint('usage', `cannot read --file ${file}: it is a directory`)
}
