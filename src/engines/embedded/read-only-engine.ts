import * as E from 'fp-ts/lib/Either.js'
import type { Clock } from '../../contracts/clock.ts'
import type { Call, Engine, EngineFeatures } from '../../contracts/engine.ts'
import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import type { Storage } from '../../contracts/storage.ts'
import { embeddedGroups } from './groups.ts'
import { Lifetime } from './lifetime.ts'
import { embeddedReader } from './reader.ts'
import { markOf, type Snapshot, takeSnapshot } from './snapshot.ts'
import { describeTopics } from './topics.ts'
import { Turns } from './turns.ts'
import { Wakeups } from './wakeups.ts'

/** How often the directory is looked at while somebody waits, at most. */
const lookMs = 100
/** A look that takes long is followed by a longer pause: so many times as long as it took. */
const pauseFactor = 10

export interface ReadOnlyOptions {
  readonly name: string
  readonly storage: Storage
  readonly clock: Clock
}

const reason = 'the directory is opened read-only'
const features: EngineFeatures = {
  persistence: true,
  transactions: reason,
  groups: reason,
  'static-members': reason,
  'delete-records': reason,
  grow: reason,
  'topic-configs': reason,
}

/**
 * Opens a directory without owning it: reads what its owner has written, also while it goes on writing, and writes
 * nothing itself.
 *
 * **Guarantees** what is read was written by the owner, in order, and committed where that is asked for. It may lag
 * behind the owner: each call looks whether there is more, and a waiting one looks now and then.
 *
 * **Errors** every call that would write answers `read-only`.
 */
export const openReadOnly =
  ({ name, storage, clock }: ReadOnlyOptions): Call<Engine> =>
  async () => {
    const first = await takeSnapshot(storage, clock)
    if (first._tag === 'Left') return first
    const lifetime = new Lifetime(name)
    const wakeups = new Wakeups(clock, lifetime)
    const view = new View({ storage, clock, first: first.right })
    lifetime.onEnd(() => view.close())
    watch({ view, wakeups, lifetime, clock })

    const refusal: E.Either<EngineFailure, never> = E.left(readOnly(name))
    const refused = (): Call<never> => lifetime.call(async () => refusal)
    /** Looks first, then asks. */
    const fresh = <A>(call: () => Call<A>): Call<A> =>
      lifetime.call(async () => {
        const looked = await view.look()
        return looked._tag === 'Left' ? looked : call()()
      })
    const reader = embeddedReader({ lifetime, partitions: { find: (at) => view.now.partitions.find(at) }, wakeups })
    const groups = () =>
      embeddedGroups({
        lifetime,
        coordinator: view.now.groups,
        partitions: view.now.partitions,
        join: async () => refusal,
        commit: async () => E.right(undefined),
      })
    return E.right({
      name,
      features,
      topics: {
        create: refused,
        describe: (names) =>
          fresh(() => lifetime.call(async () => E.right(describeTopics(view.now.catalog.content, names)))),
        grow: refused,
        configure: refused,
        delete: refused,
        deleteRecords: refused,
      },
      reader: {
        fetch: (request) => fresh(() => reader.fetch(request)),
        offsets: (queries, isolation) => fresh(() => reader.offsets(queries, isolation)),
        settled: (partitions, signal) => fresh(() => reader.settled(partitions, signal)),
      },
      groups: {
        join: refused,
        commit: refused,
        committed: (group, partitions) => fresh(() => groups().committed(group, partitions)),
        describe: (names) => fresh(() => groups().describe(names)),
        delete: refused,
      },
      producer: refused,
      transactions: refused,
      close: () => async () => {
        lifetime.end()
        return E.right(undefined)
      },
    })
  }

const readOnly = (name: string): EngineFailure =>
  engineFailure('read-only', `${name} is opened read-only: open it without readOnly, where its owner is gone`)

/** The newest snapshot of a directory. */
class View {
  readonly #storage: Storage
  readonly #clock: Clock
  readonly #turns = new Turns()
  now: Snapshot
  #restUntil = 0

  constructor({ storage, clock, first }: { storage: Storage; clock: Clock; first: Snapshot }) {
    this.#storage = storage
    this.#clock = clock
    this.now = first
  }

  /** Looks whether there is more to see. What cannot be read just now leaves the last snapshot as it is. */
  look(): Promise<E.Either<EngineFailure, void>> {
    return this.#turns.take(async () => {
      const from = this.#clock.elapsed()
      if (from < this.#restUntil) return E.right(undefined)
      const mark = markOf(this.#storage)
      if (mark._tag === 'Left') return mark
      if (mark.right === this.now.mark) return E.right(undefined)
      const taken = await takeSnapshot(this.#storage, this.#clock)
      if (taken._tag === 'Left') return taken
      this.now.close()
      this.now = taken.right
      const tookMs = this.#clock.elapsed() - from
      this.#restUntil = this.#clock.elapsed() + tookMs * pauseFactor
      return E.right(undefined)
    })
  }

  close(): void {
    this.now.close()
  }
}

/** Looks now and then while anybody waits. */
const watch = ({
  view,
  wakeups,
  lifetime,
  clock,
}: {
  readonly view: View
  readonly wakeups: Wakeups
  readonly lifetime: Lifetime
  readonly clock: Clock
}): void => {
  if (lifetime.ended !== undefined) return
  clock.after(lookMs, () => {
    const looked = wakeups.isWaitedFor ? view.look().then(() => wakeups.wakeAll()) : Promise.resolve()
    void looked.then(() => watch({ view, wakeups, lifetime, clock }))
  })
}
