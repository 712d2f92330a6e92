import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import type { Storage } from '../../src/contracts/storage.ts'
import type { LogsOptions } from '../../src/log/log-options.ts'
import { Logs } from '../../src/log/logs.ts'
import { memoryStorage } from '../../src/log/memory-storage.ts'
import { batchOf, recordsIn } from '../support/batches.ts'
import { manualClock } from '../support/manual-clock.ts'

const orNull = <A>(either: E.Either<unknown, A>): A => {
  if (E.isLeft(either)) throw new Error(JSON.stringify(either.left))
  return either.right
}

const open = async (storage: Storage, options: Partial<LogsOptions> = {}): Promise<Logs> =>
  orNull(
    await Logs.open({
      storage,
      durability: 'power',
      clock: manualClock(),
      journalBytes: 64 * 1024,
      partitions: [0, 1].map((partition) => ({ topic: 't', partition, topicId: 'topic-t', config: {} })),
      ...options,
    }),
  )

describe.each(['power', 'process'] as const)('Logs, %s', (durability) => {
  it('keeps what was committed', async () => {
    const storage = memoryStorage()
    const logs = await open(storage, { durability })
    for (let at = 0; at < 300; at++) {
      const log = logs.partition({ topic: 't', partition: at % 2 })
      orNull(log?.stage(batchOf({ records: [{ key: 'k', value: `v${at}` }] }), 'client', 5) ?? E.left('none'))
      if (at % 3 === 0) orNull(await logs.commit())
    }
    orNull(await logs.commit())
    orNull(await logs.close())
    const again = await open(storage, { durability })
    expect(again.recovery.clean).toBe(true)
    for (const partition of [0, 1]) {
      const log = again.partition({ topic: 't', partition })
      const read = orNull(log?.read({ offset: 0, maxBytes: 1e6, isolation: 'read_committed' }) ?? E.left('none'))
      expect(recordsIn(read.batches).map(({ value }) => value)).toEqual(
        Array.from({ length: 150 }, (_, i) => `v${i * 2 + partition}`),
      )
    }
  })
})
