/**
 * What the pipeline keeps of a key: how many records it has seen, a hash over all of them in order, and the last one.
 * So a record that is folded in twice, in another order or not at all shows in every state after it.
 */
export const nextState = (state: string, record: string): string => {
  const [count = '0', hash = '0'] = state === '' ? [] : state.split('|')
  return `${Number(count) + 1}|${hashed(Number(hash), record)}|${record}`
}

/** The record that a state was reached by. */
export const lastOf = (state: string): string => state.slice(state.lastIndexOf('|') + 1)

const hashed = (seed: number, text: string): number => {
  let hash = seed ^ 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}
