import { describe } from 'vitest'
import { append } from './append.ts'
import { closing } from './closing.ts'
import { fetch } from './fetch.ts'
import { groups } from './groups.ts'
import { histories } from './histories.ts'
import { offsets } from './offsets.ts'
import { persistence } from './persistence.ts'
import type { Conformance } from './subject.ts'
import { topics } from './topics.ts'
import { transactions } from './transactions.ts'

/** What every engine owes to those who use it through the port. Declared features decide what is skipped. */
export const conformance = (name: string, engine: Conformance): void => {
  describe(`conformance of ${name}`, () => {
    topics(engine)
    append(engine)
    fetch(engine)
    offsets(engine)
    transactions(engine)
    groups(engine)
    closing(engine)
    persistence(engine)
    histories(engine)
  })
}
