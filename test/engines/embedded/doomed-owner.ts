import { fileEngine } from '../../../src/engines/embedded/open-url.ts'
import { systemClock, systemRandom } from '../../../src/millrace/system.ts'
import { ok } from '../../../src/testing/conformance/calls.ts'
import { batch } from '../../../src/testing/conformance/records.ts'

/** Owns the directory that is named, says so, and stays in the midst of a transaction and of a group until it is killed. */
const [, , path = '', mode] = process.argv
const durability = mode === 'process' ? 'process' : 'power'
const at = { topic: 't', partition: 0 }
const engine = await ok(
  fileEngine({ name: 'doomed', path, durability, readOnly: false, clock: systemClock, random: systemRandom }),
)
await ok(engine.topics.create({ name: 't', partitions: 2, config: {} }))
const plain = await ok(engine.producer())
await ok(plain.append([batch('t', 0, ['before'])]))
await ok(engine.groups.commit({ group: 'g', generation: -1, memberId: '' }, [{ ...at, offset: 1, metadata: '' }]))
const timeouts = { sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 60_000 }
const member = await ok(engine.groups.join({ group: 'members', topics: ['t'], assignor: 'range', ...timeouts }))
await new Promise<void>((assigned) => {
  member.events.subscribe(({ _tag }) => _tag === 'assigned' && assigned())
})
const tx = await ok(engine.transactions({ transactionalId: 'tx', timeoutMs: 60_000 }))
await ok(tx.append([batch('t', 0, ['within']), batch('t', 1, ['within'])]))
await ok(tx.sendOffsets({ group: 'g', generation: -1, memberId: '' }, [{ ...at, offset: 2, metadata: '' }]))
await ok(plain.append([batch('t', 0, ['behind'])]))
process.stdout.write('owned\n')
process.stdin.resume()
