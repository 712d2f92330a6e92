import * as E from 'fp-ts/lib/Either.js'
import { type Assignor, inOrder, nothingFor, partitionsOf, topicsOf } from './assignor.ts'

/** All partitions, topic by topic, dealt out in a circle that passes over who does not read the topic. */
export const roundRobin: Assignor = {
  name: 'roundrobin',
  cooperative: false,
  assign: (members, counts) => {
    const assignment = nothingFor(members)
    const circle = inOrder(members)
    let at = 0
    for (const tp of partitionsOf(topicsOf(members, counts), counts)) {
      while (!circle[at % circle.length]?.topics.includes(tp.topic)) at += 1
      assignment.get(circle[at % circle.length]?.memberId ?? '')?.push(tp)
      at += 1
    }
    return E.right(assignment)
  },
}
