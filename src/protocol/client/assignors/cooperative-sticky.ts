import * as E from 'fp-ts/lib/Either.js'
import type { Assignor } from './assignor.ts'
import { withheld } from './claims.ts'
import { shareOut } from './sticky.ts'

/** As `sticky`, but members keep what they have while they join, and what moves takes two generations. */
export const cooperativeSticky: Assignor = {
  name: 'cooperative-sticky',
  cooperative: true,
  assign: (members, counts) => E.right(shareOut(members, counts, withheld)),
}
