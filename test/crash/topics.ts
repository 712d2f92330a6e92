import { scanByKey } from '../../operators/scan-by-key.ts'
import { to } from '../../operators/to.ts'
import { store } from '../../src/codec/store.ts'
import { text } from '../../src/codec/text.ts'
import { topic } from '../../src/codec/topic.ts'
import type { StoreDeclaration } from '../../src/contracts/store.ts'
import type { Topic, TopicConfig } from '../../src/contracts/topic.ts'
import { type Pipeline, stream } from '../../src/pipeline/stream.ts'
import { keyedPartition } from '../../src/protocol/client/partitioner.ts'
import { nextState } from './state.ts'

type TextTopic = Topic<string, string>

const texts = { key: text, value: text }
/** So small that a run rolls, seals, deletes and compacts many segments. */
const small: TopicConfig = { 'segment.bytes': 2_000, 'index.interval.bytes': 200 }
const compacted: TopicConfig = { ...small, 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': 0.01 }

/** How many partitions the topics have whose records a pipeline or a copier reads and writes. */
export const tasks = 3

/** What plain sends go to. */
export const plain: TextTopic = topic('plain', { ...texts, partitions: tasks, config: small })
/** What transactions go to, both at once. */
export const ledger: TextTopic = topic('ledger', { ...texts, partitions: tasks })
export const journal: TextTopic = topic('journal', { ...texts, partitions: 2, config: small })
/** Cut from its beginning again and again. */
export const trimmed: TextTopic = topic('trimmed', { ...texts, config: { ...small, 'retention.bytes': 20_000 } })
/** Keeps the last of each key. */
export const latest: TextTopic = topic('latest', { ...texts, config: compacted })
/** What {@link plain} is copied to by hand, with its group's offsets. */
export const copies: TextTopic = topic('copies', { ...texts, partitions: tasks })
export const copying = 'copying'
/** Comes, grows and goes, always under this name. */
export const scratch: TextTopic = topic('scratch', texts)

/** The state of each key, over both topics that the pipeline reads: see {@link nextState}. */
const folds: StoreDeclaration<string, string> = store('folds', texts)
const foldsOnDisk: StoreDeclaration<string, string> = store('folds', { ...texts, in: 'disk' })
export const totals: TextTopic = topic('totals', { ...texts, partitions: tasks })
export const totalling = 'totalling'
/** Where its state is kept. */
export const changelog: TextTopic = topic(`${totalling}--folds-changelog`, { ...texts, partitions: tasks })
/** So that what the state was before is compacted away. */
export const changelogConfig: TopicConfig = compacted

export const totallingPipeline = (isOnDisk: boolean): Pipeline<readonly [TextTopic, TextTopic], unknown> =>
  stream(plain, ledger).pipe(
    scanByKey(isOnDisk ? foldsOnDisk : folds, '', (state, _value, record) => nextState(state, record.id)),
    to(totals),
  )

export const lasting: readonly TextTopic[] = [plain, ledger, journal, trimmed, latest, copies, totals]

/** The topics of those records that were told before they were written, each with a value of its own. */
export const written: ReadonlySet<string> = new Set(
  [plain, ledger, journal, trimmed, latest, scratch].map(({ name }) => name),
)

const utf8 = new TextEncoder()
const names = Array.from({ length: 40 }, (_, at) => `k${at}`)

/** Keys that Kafka's hash puts into each partition of so many. */
export const keysOf = (partition: number, partitions: number): readonly string[] =>
  names.filter((name) => keyedPartition(utf8.encode(name), partitions) === partition)

/** The key of a record by its value, which begins with it. */
export const keyIn = (value: string): string => value.slice(0, value.indexOf(':'))
