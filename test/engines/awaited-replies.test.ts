import { describe, expect, it } from 'vitest'
import { AwaitedReplies } from '../../src/engines/awaited-replies.ts'

const opened = () => {
  const replies = new AwaitedReplies<string>()
  const heard: string[] = []
  const ask = (who: string) => replies.add((reply) => heard.push(`${who}: ${reply}`))
  return { replies, heard, ask }
}

describe('whoever waits for a reply', () => {
  it('is told once, by number, in whatever order', () => {
    const { replies, heard, ask } = opened()
    const [first, second] = [ask('first'), ask('second')]
    expect(first).not.toBe(second)
    replies.answer(second, 'yes')
    replies.answer(first, 'no')
    replies.answer(first, 'again')
    expect(heard).toEqual(['second: yes', 'first: no'])
  })

  it('is not told once nobody waits any more, and neither is a stranger', () => {
    const { replies, heard, ask } = opened()
    const gone = ask('gone')
    replies.forget(gone)
    replies.answer(gone, 'late')
    replies.answer(gone + 1, 'nobody')
    expect(heard).toEqual([])
  })

  it('is told with all others where all are, but for those who ask because of that', () => {
    const { replies, heard, ask } = opened()
    ask('first')
    replies.add((reply) => {
      heard.push(`second: ${reply}`)
      ask('third')
    })
    replies.answerAll('over')
    expect(heard).toEqual(['first: over', 'second: over'])
    replies.answerAll('now')
    expect(heard.at(-1)).toBe('third: now')
  })
})
