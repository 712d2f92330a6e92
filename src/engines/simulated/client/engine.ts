import * as E from 'fp-ts/lib/Either.js'
import type { Engine, Producer } from '../../../contracts/engine.ts'
import { engineFailure } from '../../../contracts/failure.ts'
import { allFeatures } from '../../features.ts'
import type { SimulatedCluster } from '../cluster.ts'
import type { Process } from '../world/process.ts'
import { BatchSender } from './batch-sender.ts'
import { Connection } from './connection.ts'
import { simulatedGroups } from './groups.ts'
import { simulatedReader } from './reader.ts'
import { simulatedTopics } from './topics.ts'
import { TransactionHolder } from './transactions.ts'

/** The engine as one process of the world sees it: a client of the cluster. */
export const simulatedEngine = (cluster: SimulatedCluster, process: Process): Engine => {
  const { world, switchboard, options } = cluster
  const name = `sim://${process.name}`
  const connection = new Connection({ name, world, process, switchboard, brokers: options.brokers })
  const senders = new Set<() => Promise<unknown>>()

  const producer = (): Producer => {
    const sender = new BatchSender({ connection, options })
    let isClosed = false
    const close = async () => {
      isClosed = true
      senders.delete(close)
      await sender.close()
    }
    senders.add(close)
    return {
      append: (batches) =>
        connection.call(async () =>
          isClosed
            ? E.left(engineFailure('closed', 'the producer is closed: open another one'))
            : sender.append(batches),
        ),
      close: () =>
        connection.call(async () => {
          if (!isClosed) await close()
          return E.right(undefined)
        }),
    }
  }

  return {
    name,
    features: allFeatures('its disks are virtual, and end with the simulation'),
    topics: simulatedTopics(connection),
    reader: simulatedReader(connection),
    groups: simulatedGroups(connection, options.brokers, cluster.members),
    producer: () => connection.call(async () => E.right(producer())),
    transactions: (transactionOptions) =>
      connection.call(async () => {
        const holder = new TransactionHolder({ connection, cluster: options, options: transactionOptions })
        const taken = await holder.initialize()
        return E.isLeft(taken) ? taken : E.right(holder.producer)
      }),
    close: () => async () => {
      if (connection.ended !== undefined) return E.right(undefined)
      await Promise.all([...senders].map((close) => close()))
      connection.end()
      return E.right(undefined)
    },
  }
}
