import { fileEngine } from '../../../src/engines/embedded/open-url.ts'
import { systemClock, systemRandom } from '../../../src/millrace/system.ts'
import { ok } from '../../conformance/calls.ts'
import { batch } from '../../conformance/records.ts'

/**
 * Writes until it is killed: numbered transactions over two partitions with their number as the group's offset, and a
 * line for each once it is acknowledged.
 */
const [path = '', durability = 'power', from = '0'] = process.argv.slice(2)
const engine = await ok(
  fileEngine({
    name: `file:${path}`,
    path,
    durability: durability === 'process' ? 'process' : 'power',
    readOnly: false,
    clock: systemClock,
    random: systemRandom,
  }),
)
await engine.topics.create({ name: 't', partitions: 2, config: {} })()
const tx = await ok(engine.transactions({ transactionalId: 'tx', timeoutMs: 60_000 }))
for (let n = Number(from); ; n++) {
  await ok(tx.append([batch('t', 0, [`${n}`]), batch('t', 1, [`${n}`])]))
  const offset = { topic: 't', partition: 0, offset: n + 1, metadata: '' }
  await ok(tx.sendOffsets({ group: 'g', generation: -1, memberId: '' }, [offset]))
  // every third is given up, and must never be seen
  if (n % 3 === 2) await ok(tx.abort())
  else {
    await ok(tx.commit())
    process.stdout.write(`${n}\n`)
  }
}
