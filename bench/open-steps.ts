/** `open-steps.ts fill|open DIRECTORY DURABILITY GIB`: a step of the benchmark `open`; ends when its input does. */
import { bytes, connect, type Topic, text, topic } from 'millrace'
import type { Durability } from './topics.ts'

const [step, directory, durability, gib] = process.argv.slice(2)

const partitions = 4
const batchBytes = 1024 * 1024
const recordBytes = 32 * 1024
const large: Topic<string, Uint8Array, 'large'> = topic('large', {
  key: text,
  value: bytes,
  partitions,
  config: { 'max.message.bytes': 2 * batchBytes },
})

const begin = performance.now()
const millrace = await connect(`file:${directory}`, { durability: durability as Durability })
if (step === 'open') console.log(performance.now() - begin)
else {
  await millrace.create(large)
  const value = new Uint8Array(recordBytes).fill(7)
  const batches = Math.ceil((Number(gib) * 1024 ** 3) / batchBytes)
  for (let at = 0; at < batches; at++) {
    const record = { key: `${at}`, value, partition: at % partitions }
    await millrace.send(
      large,
      Array.from({ length: batchBytes / recordBytes }, () => record),
    )
  }
  console.log('filled')
}
process.stdin.resume()
process.stdin.once('end', () => void millrace.close())
