import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'

/** What survives an acknowledgement: `NORMAL` a crash of the process, `FULL` a loss of power too. */
export type Synchronous = 'NORMAL' | 'FULL'

/** A record, as a log's reader gets it. */
export type SqliteRow = readonly [offset: number, key: string, value: Uint8Array]

/** A partitioned log: a table clustered by partition and offset, and a consumer's positions. */
export class SqliteTopic {
  readonly #append: StatementSync
  readonly #read: StatementSync
  readonly #move: StatementSync
  readonly #position: StatementSync
  readonly #ends: number[] = []

  constructor(database: DatabaseSync, name: string) {
    database.exec(`
      CREATE TABLE ${name} (partition INTEGER, offset INTEGER, timestamp INTEGER, key TEXT, value BLOB,
                            PRIMARY KEY (partition, offset)) WITHOUT ROWID;
      CREATE TABLE ${name}_position (partition INTEGER PRIMARY KEY, next INTEGER);
    `)
    this.#append = database.prepare(`INSERT INTO ${name} VALUES (?, ?, ?, ?, ?)`)
    this.#read = database.prepare(
      `SELECT offset, key, value FROM ${name} WHERE partition = ? AND offset >= ? ORDER BY offset LIMIT ?`,
    )
    this.#read.setReturnArrays(true)
    this.#move = database.prepare(`INSERT OR REPLACE INTO ${name}_position VALUES (?, ?)`)
    this.#position = database.prepare(`SELECT next FROM ${name}_position WHERE partition = ?`)
    this.#position.setReturnArrays(true)
  }

  append(partition: number, key: string, value: Uint8Array, timestamp: number): void {
    const offset = this.#ends[partition] ?? 0
    this.#append.run(partition, offset, timestamp, key, value)
    this.#ends[partition] = offset + 1
  }

  /** Up to `limit` records from the consumer's position on. */
  read(partition: number, limit: number): readonly SqliteRow[] {
    const [at = 0] = (this.#position.get(partition) as unknown as readonly [number] | undefined) ?? []
    return this.#read.all(partition, at, limit) as unknown as readonly SqliteRow[]
  }

  /** Moves the consumer's position behind `row`. */
  moveBehind(partition: number, row: SqliteRow): void {
    this.#move.run(partition, row[0] + 1)
  }
}

/** A queue of jobs that wait: one of an id, which another one replaces, and an index by when they are due. */
export class SqliteJobs {
  readonly #schedule: StatementSync

  constructor(database: DatabaseSync) {
    database.exec(`
      CREATE TABLE jobs (id TEXT PRIMARY KEY, due INTEGER, key TEXT, value BLOB) WITHOUT ROWID;
      CREATE INDEX jobs_due ON jobs (due);
    `)
    this.#schedule = database.prepare(
      `INSERT INTO jobs VALUES (?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET due = excluded.due, key = excluded.key, value = excluded.value`,
    )
  }

  schedule(id: string, due: number, key: string, value: Uint8Array): void {
    this.#schedule.run(id, due, key, value)
  }
}

/**
 * The rival: logs with offsets and consumer positions in one SQLite database, as one would write it with care:
 * WAL, prepared statements, one transaction a batch.
 */
export class SqliteLog {
  readonly #database: DatabaseSync

  constructor(directory: string, synchronous: Synchronous) {
    this.#database = new DatabaseSync(join(directory, 'log.sqlite'))
    this.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA cache_size = -65536`)
  }

  topic(name: string): SqliteTopic {
    return new SqliteTopic(this.#database, name)
  }

  /** What waits, by id, and when it is due. */
  jobs(): SqliteJobs {
    return new SqliteJobs(this.#database)
  }

  /**
   * Reads `count` records of `from`, its partitions in turns, and does `work` with each batch in a transaction with the position
   * behind it. Answers how many it has read.
   */
  consume(
    from: SqliteTopic,
    { count, limit, partitions }: { readonly count: number; readonly limit: number; readonly partitions: number },
    work: (rows: readonly SqliteRow[]) => void = () => undefined,
  ): number {
    let done = 0
    for (let partition = 0; done < count; partition = (partition + 1) % partitions)
      this.transaction(() => {
        const rows = from.read(partition, limit)
        work(rows)
        const last = rows.at(-1)
        if (last !== undefined) from.moveBehind(partition, last)
        done += rows.length
      })
    return done
  }

  transaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE')
    work()
    this.#database.exec('COMMIT')
  }

  close(): void {
    this.#database.close()
  }
}
