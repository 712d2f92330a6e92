import { NEVER } from 'rxjs'
import { scheduledIn } from '../codec/delayed.ts'
import type { AnyDelayed } from '../contracts/delayed.ts'
import { type BatchWork, batchWork, isInBatches } from '../contracts/in-batches.ts'
import { type Need, Probe, type Used } from '../contracts/probe.ts'
import type { AnyStore } from '../contracts/store.ts'
import type { AnyRecord } from '../contracts/stream-record.ts'
import type { Tier } from '../contracts/tier.ts'
import type { AnyTopic } from '../contracts/topic.ts'
import { StoreAboveBatches } from './attempt-errors.ts'
import { chain, type Operators } from './chain.ts'
import type { Skim } from './skim.ts'

/** A pipeline as it was described. */
export interface Described {
  readonly topics: readonly AnyTopic[]
  readonly operators: Operators
}

/** Operators that run record by record, and the bulk work behind them; the last stage has none. */
export interface Stage {
  readonly operators: Operators
  readonly work?: BatchWork
}

/** A pipeline, looked through before it runs. */
export interface Plan {
  readonly name: string
  readonly topics: readonly AnyTopic[]
  readonly stages: readonly Stage[]
  /** Every operator is tagged as treating each record alone: one subscription may serve a batch. */
  readonly recordwise: boolean
  /** Every operator has said besides what it does to a record: nobody needs to subscribe to it. */
  readonly stepwise: boolean
  /** Topics written to and stores used, as far as the operators let it be seen, and what `uses` names. */
  readonly outputs: ReadonlyMap<string, AnyTopic>
  readonly stores: ReadonlyMap<string, AnyStore>
  /** What it schedules and cancels. */
  readonly delayed: ReadonlyMap<string, AnyDelayed>
  readonly needs: readonly Need[]
  /** Where records of its own wait until they are due. */
  readonly tiers: readonly Tier[]
  /** Does with many records what the operators would, without them. */
  readonly skim?: Skim
}

/**
 * Applies the pipeline once to nothing, to learn what it needs and whether it is tagged throughout.
 *
 * **Errors** throws where a store stands above `inBatches`, where two stores or two topics share a name, and what an
 * operator throws while it is applied.
 */
export const planOf = (
  name: string,
  pipeline: Described,
  uses: readonly Used[] = [],
  tiers: readonly Tier[] = [],
): Plan => {
  const stages = stagesOf(pipeline.operators)
  const needs: Need[] = uses.map(needOf)
  let recordwise = stages.length === 1
  let stepwise = recordwise
  for (const stage of stages) {
    const probed = Probe.apply<AnyRecord, unknown>(NEVER, (source) => chain(stage.operators, source))
    const store = probed.needs.find((need) => need._tag === 'store')
    if (stage.work !== undefined && store?._tag === 'store') throw new StoreAboveBatches(name, store.store.name)
    needs.push(...probed.needs)
    recordwise &&= probed.recordwise
    stepwise &&= probed.steps !== undefined
  }
  const outputs = new Map<string, AnyTopic>()
  const stores = new Map<string, AnyStore>()
  const delayed = new Map<string, AnyDelayed>()
  for (const need of needs) {
    if (need._tag === 'output') addOnce(outputs, need.topic, `pipeline '${name}' writes to two topics`)
    else if (need._tag === 'store') addOnce(stores, need.store, `pipeline '${name}' uses two stores`)
    else delayOnce(delayed, need.delayed, name)
  }
  for (const one of delayed.values())
    for (const topic of scheduledIn(one)) addOnce(outputs, topic, `pipeline '${name}' writes to two topics`)
  return { name, topics: pipeline.topics, stages, recordwise, stepwise, outputs, stores, delayed, needs, tiers }
}

const stagesOf = (operators: Operators): readonly Stage[] => {
  const stages: Stage[] = []
  let above: Operators[number][] = []
  for (const operator of operators) {
    if (isInBatches(operator)) {
      stages.push({ operators: above, work: operator[batchWork] })
      above = []
    } else above.push(operator)
  }
  return [...stages, { operators: above }]
}

const needOf = (used: Used): Need => {
  if ('tiers' in used) return { _tag: 'delayed', delayed: used }
  return 'partitions' in used ? { _tag: 'output', topic: used } : { _tag: 'store', store: used }
}

const delayOnce = (all: Map<string, AnyDelayed>, one: AnyDelayed, pipeline: string): void => {
  const known = all.get(one.name)
  if (known !== undefined && known !== one)
    throw new TypeError(
      `pipeline '${pipeline}' uses two that are delayed and named '${one.name}': declare it once, and share the constant`,
    )
  all.set(one.name, one)
}

const addOnce = <A extends { readonly name: string }>(all: Map<string, A>, one: A, complaint: string): void => {
  const known = all.get(one.name)
  if (known !== undefined && known !== one && isExclusive(one))
    throw new TypeError(
      `${complaint} named '${one.name}', of which one operator's is its own: give the other a name, as in { name: '${one.name}-2' }`,
    )
  if (known !== undefined && known !== one && !isAlike(known, one))
    throw new TypeError(
      `${complaint} named '${one.name}' with different codecs or options: declare it once, and share the constant`,
    )
  all.set(one.name, one)
}

const isExclusive = (one: object): boolean => (one as Partial<AnyStore>).isExclusive === true

const isAlike = (a: object, b: object): boolean => {
  const parts = (of: object, names: readonly string[]) => names.map((part) => (of as Record<string, unknown>)[part])
  const codecs = (of: object): unknown[] => parts(of, ['key', 'value'])
  const options = (of: object): unknown[] => parts(of, ['expireAfterMs', 'maxBytes', 'in', 'hasParts', 'isExclusive'])
  if (options(a).some((option, at) => option !== options(b)[at])) return false
  return codecs(a).every((codec, at) => {
    const other = codecs(b)[at] as { readonly name: string }
    return codec === other || (codec as { readonly name: string }).name === other.name
  })
}
