/** The process that plays rounds, one after the other, as it is told: several of them use several cores. */
import type { Asked, Said } from './lanes.ts'
import { playRound } from './rounds.ts'

const [seed = '', under = '', script = ''] = process.argv.slice(2)
const say = (said: Said): void => void process.send?.(said)
let isEnough = false

const play = async (number: number): Promise<void> => {
  const onProgress = (soFar: Extract<Said, { tag: 'so far' }>['tally']): boolean => {
    say({ tag: 'so far', tally: soFar })
    return isEnough
  }
  say({ tag: 'over', round: await playRound(number, { seed: Number(seed), under, script, onProgress }) })
}

process.on('message', (asked: Asked) => {
  if (asked.tag === 'enough') isEnough = true
  else
    play(asked.number).catch((error: unknown) => {
      console.error(error)
      process.exit(1)
    })
})
// nobody is left to ask
process.once('disconnect', () => process.exit())
