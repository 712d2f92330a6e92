/** `node memory-fill.ts DIRECTORY COUNT`: writes the input of the memory benchmark. */
import { connect } from 'millrace'
import { benchRecords } from './records.ts'
import { input } from './topics.ts'

const [directory, counted] = process.argv.slice(2)
const count = Number(counted)
const perSend = 10_000
const records = benchRecords(perSend)
const millrace = await connect(`file:${directory}`, { durability: 'process' })
await millrace.create(input)
for (let sent = 0; sent < count; sent += perSend) await millrace.send(input, records.slice(0, count - sent))
await millrace.close()
