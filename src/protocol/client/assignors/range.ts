import * as E from 'fp-ts/lib/Either.js'
import { type Assignor, inOrder, nothingFor, topicsOf } from './assignor.ts'

/** Topic by topic, each of its readers a contiguous range of partitions; the first ones get one more. */
export const range: Assignor = {
  name: 'range',
  cooperative: false,
  assign: (members, counts) => {
    const assignment = nothingFor(members)
    for (const topic of topicsOf(members, counts)) {
      const readers = inOrder(members.filter((member) => member.topics.includes(topic)))
      const count = counts.get(topic) ?? 0
      let next = 0
      readers.forEach(({ memberId }, index) => {
        const end = next + Math.floor(count / readers.length) + (index < count % readers.length ? 1 : 0)
        for (; next < end; next++) assignment.get(memberId)?.push({ topic, partition: next })
      })
    }
    return E.right(assignment)
  },
}
