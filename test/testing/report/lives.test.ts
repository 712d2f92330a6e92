import { describe, expect, it } from 'vitest'
import { livesOf } from '../../../src/testing/report/lives.ts'
import { happened, message } from './traces.ts'

describe('livesOf', () => {
  it('has a life from each start to what ends it', () => {
    const lives = livesOf([
      happened(0, 'broker-0', 'starts'),
      happened(5, 'app-1', 'starts'),
      happened(6, 'app-1', 'commits', 'transaction'),
      happened(7, 'app-1', 'ends: it was fenced'),
      happened(9, 'app-1', 'starts'),
    ])
    expect(lives.get('app-1')).toEqual([
      { process: 'app-1', fromMs: 5, untilMs: 7, end: 'ends: it was fenced' },
      { process: 'app-1', fromMs: 9, untilMs: undefined, end: '' },
    ])
  })

  it('takes what a process sends while it begins for the life that begins', () => {
    const register = { from: 'broker-0', to: 'controller', what: 'register' }
    const lives = livesOf([
      ...message(0, 0, register),
      happened(0, 'broker-0', 'starts'),
      happened(3, 'broker-0', 'is killed'),
      ...message(1, 5, register),
      happened(5, 'broker-0', 'starts'),
      happened(7, 'broker-0', 'shuts down'),
      ...message(2, 8, { from: 'broker-0', to: 'controller', what: 'brokerHeartbeat' }),
      ...message(3, 9, register),
      happened(9, 'broker-0', 'starts'),
    ])
    expect(lives.get('broker-0')?.map(({ fromMs, untilMs }) => [fromMs, untilMs])).toEqual([
      [0, 3],
      [5, 8],
      [9, undefined],
    ])
  })

  it('lets a process that shuts down live until its last message', () => {
    const lives = livesOf([
      happened(0, 'broker-0', 'starts'),
      happened(4, 'broker-0', 'shuts down'),
      ...message(0, 6, { from: 'broker-0', to: 'controller', what: 'brokerHeartbeat' }),
      happened(9, 'broker-0', 'starts'),
      ...message(1, 10, { from: 'broker-0', to: 'controller', what: 'register' }),
    ])
    expect(lives.get('broker-0')?.map(({ untilMs }) => untilMs)).toEqual([6, undefined])
  })

  it('puts controller, brokers, clients and supervisor below one another, whoever came first', () => {
    const names = ['supervisor', 'app-2', 'app-1', 'broker-1', 'broker-0', 'controller']
    const trace = names.flatMap((from, at) => message(at, at, { from, to: from, what: 'x' }))
    expect([...livesOf(trace).keys()]).toEqual(['controller', 'broker-0', 'broker-1', 'app-1', 'app-2', 'supervisor'])
  })
})
