import { fileEngine } from '../../../src/engines/embedded/open-url.ts'
import { systemClock, systemRandom } from '../../../src/millrace/system.ts'
import { ok } from '../../../src/testing/conformance/calls.ts'

/** Reads beside the owner of the directory that is named, and tells where everything is decided once it is. */
const path = process.argv[2] ?? ''
const parts = { clock: systemClock, random: systemRandom }
const engine = await ok(fileEngine({ name: 'reader', path, durability: 'power', readOnly: true, ...parts }))
process.stdout.write('waiting\n')
const [end] = await ok(engine.reader.settled([{ topic: 't', partition: 0 }]))
process.stdout.write(`settled at ${end?.offset}\n`)
