import { given } from '../codec/arguments.ts'
import { refuseUnknownOptions } from '../codec/known-options.ts'
import { checkChoice, checkCount, textHint } from '../codec/option-values.ts'
import { type ClusterOptions, defaultCluster } from '../engines/simulated/cluster-options.ts'

/** Refuses a seed that is none; `undefined` leaves it to its default. */
export const checkSeed = (what: string, seed: unknown): void => {
  if (seed !== undefined && !Number.isSafeInteger(seed))
    throw new TypeError(`${what}: seed is a whole number, and not ${given(seed)}${textHint(seed)}`)
}

/** Refuses what a cluster cannot be built by; `undefined` leaves all to its defaults. */
export const checkCluster = (call: string, cluster: Partial<ClusterOptions> | undefined): void => {
  if (cluster === undefined) return
  const what = `${call}: cluster`
  refuseUnknownOptions(what, cluster, Object.keys(defaultCluster))
  for (const option of ['brokers', 'replicationFactor', 'minInsyncReplicas', 'coordinatorPartitions'] as const)
    checkCount(what, option, cluster[option], 1)
  for (const [option, most] of Object.entries(firsts) as [keyof typeof firsts, number][]) {
    checkCount(what, option, cluster[option], 0)
    const first = cluster[option] ?? 0
    if (first > most) throw new TypeError(`${what}: ${option} is at most ${most}, and not ${first}`)
  }
  checkReplicas(what, cluster)
  checkChoice(what, 'acks', cluster.acks, ['none', 'leader', 'all'])
}

/** Where nothing is said, there are as many replicas as there can be. */
const checkReplicas = (
  what: string,
  { brokers, replicationFactor, minInsyncReplicas }: Partial<ClusterOptions>,
): void => {
  const most = brokers ?? defaultCluster.brokers
  const replicas = replicationFactor ?? Math.min(defaultCluster.replicationFactor, most)
  if (replicas > most)
    throw new TypeError(
      `${what}: replicationFactor is at most ${most}, as many as there are brokers, and not ${replicas}`,
    )
  if (minInsyncReplicas !== undefined && minInsyncReplicas > replicas)
    throw new TypeError(
      `${what}: minInsyncReplicas is at most ${replicas}, as many as there are replicas, and not ${minInsyncReplicas}`,
    )
}

/** The last number that a cluster may begin with. */
const firsts = {
  firstProducerId: Number.MAX_SAFE_INTEGER,
  firstProducerEpoch: 32_766,
  firstTransactionEpoch: 32_766,
  firstSequence: 2 ** 31 - 1,
  firstOffset: Number.MAX_SAFE_INTEGER,
} as const
