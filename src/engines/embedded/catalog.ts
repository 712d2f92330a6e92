import * as E from 'fp-ts/lib/Either.js'
import { crc32c } from '../../batch/crc32c.ts'
import { type EngineFailure, engineFailure } from '../../contracts/failure.ts'
import type { Storage } from '../../contracts/storage.ts'
import type { TopicConfig } from '../../contracts/topic.ts'
import { LogDirectory } from '../../log/log-directory.ts'
import { lockFiles } from './owner-lock.ts'
import { thrownFailure } from './thrown-failure.ts'
import { Turns } from './turns.ts'

const formatVersion = 1
const file = 'millrace.catalog'
const temporary = `${file}.new`

/** A topic as the catalog keeps it. */
export interface CatalogTopic {
  readonly name: string
  readonly id: string
  readonly partitions: number
  readonly config: TopicConfig
  readonly internal: boolean
}

/** What a directory holds besides its logs. */
export interface CatalogContent {
  readonly topics: readonly CatalogTopic[]
  /** Topics that are being made, grown or deleted: directories of theirs may be there that `topics` does not have. */
  readonly leaving: readonly CatalogTopic[]
  /** No producer id from here on was ever handed out. */
  readonly nextProducerId: number
}

const empty: CatalogContent = { topics: [], leaving: [], nextProducerId: 0 }

/**
 * The catalog of a directory: one file, `millrace.catalog`, replaced as a whole. Its first line is
 * `millrace <format version> <CRC-32C of the rest, in hexadecimal>`, the rest JSON.
 *
 * **Guarantees** after {@link save} has answered, a reopened directory has this content; before, this or the one before.
 */
export class Catalog {
  readonly #storage: Storage
  readonly #turns = new Turns()
  #content: CatalogContent

  constructor(storage: Storage, content: CatalogContent) {
    this.#storage = storage
    this.#content = content
  }

  /**
   * Reads the directory's catalog; that of a new or empty one is empty, and nothing is written yet.
   *
   * **Errors** `foreign-directory`, `newer-version`, `corrupt-log`, and those of the storage.
   */
  static load(storage: Storage): E.Either<EngineFailure, Catalog> {
    try {
      if (storage.exists(file)) return E.map((content: CatalogContent) => new Catalog(storage, content))(read(storage))
      const strangers = storage.list('').filter((name) => !isOurs(name))
      return strangers.length === 0 ? E.right(new Catalog(storage, empty)) : E.left(foreign(storage, strangers))
    } catch (error) {
      return E.left(thrownFailure('the catalog', error))
    }
  }

  get content(): CatalogContent {
    return this.#content
  }

  /** Applies `change` to the content as it is when its turn has come, and makes it durable. */
  save(change: (content: CatalogContent) => CatalogContent): Promise<E.Either<EngineFailure, CatalogContent>> {
    return this.#turns.take(() => this.#replace(change))
  }

  async #replace(
    change: (content: CatalogContent) => CatalogContent,
  ): Promise<E.Either<EngineFailure, CatalogContent>> {
    const next = change(this.#content)
    if (next === this.#content) return E.right(next)
    try {
      await replaceFile(this.#storage, encode(next))
    } catch (error) {
      return E.left(thrownFailure('the catalog', error))
    }
    this.#content = next
    return E.right(next)
  }
}

/** The new content is durable before it takes the old one's name, so that a power loss leaves the one or the other. */
const replaceFile = async (storage: Storage, bytes: Uint8Array): Promise<void> => {
  const opened = storage.open(temporary, 'create')
  try {
    opened.truncate(0)
    opened.write([bytes], 0)
    await opened.sync()
  } finally {
    opened.close()
  }
  storage.rename(temporary, file)
  await storage.syncDirectory('')
}

/** Left by an opening that did not come far. */
const isOurs = (name: string): boolean => [file, ...lockFiles].some((ours) => name.startsWith(ours))

const encode = (content: CatalogContent): Uint8Array => {
  const body = new TextEncoder().encode(`${JSON.stringify(content, null, 1)}\n`)
  const head = new TextEncoder().encode(`millrace ${formatVersion} ${crc32c(body).toString(16).padStart(8, '0')}\n`)
  const bytes = new Uint8Array(head.length + body.length)
  bytes.set(head)
  bytes.set(body, head.length)
  return bytes
}

const read = (storage: Storage): E.Either<EngineFailure, CatalogContent> => {
  const bytes = new LogDirectory(storage, '').readFile(file) ?? new Uint8Array()
  const end = bytes.indexOf(10)
  const [magic, version, crc] = new TextDecoder().decode(bytes.subarray(0, Math.max(0, end))).split(' ')
  if (magic !== 'millrace' || !/^\d+$/.test(version ?? ''))
    return E.left(damaged(storage, 'its first line is not ours'))
  if (Number(version) > formatVersion) {
    const message = `${storage.name} was written in format ${version}, and this version knows up to ${formatVersion}: open it with a newer Millrace`
    return E.left(engineFailure('newer-version', message))
  }
  const body = bytes.subarray(end + 1)
  if (crc !== crc32c(body).toString(16).padStart(8, '0')) return E.left(damaged(storage, 'its checksum does not fit'))
  return E.right(JSON.parse(new TextDecoder().decode(body)) as CatalogContent)
}

const damaged = ({ name }: Storage, how: string): EngineFailure =>
  engineFailure('corrupt-log', `${name}/${file} is damaged (${how}): restore it from a backup`)

const foreign = (storage: Storage, strangers: readonly string[]): EngineFailure => {
  const some = strangers.slice(0, 3).join(', ')
  return engineFailure(
    'foreign-directory',
    `${storage.name} holds what is not Millrace's (${some}): choose a directory that is new, empty, or ours`,
  )
}
