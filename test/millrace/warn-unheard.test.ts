import { Subject } from 'rxjs'
import { expect, it } from 'vitest'
import { engineFailure } from '../../src/contracts/failure.ts'
import { warnUnheard } from '../../src/millrace/warn-unheard.ts'
import type { Notice } from '../../src/pipeline/notice.ts'
import type { Running } from '../../src/pipeline/run.ts'
import { manualClock } from '../support/manual-clock.ts'

const failure = engineFailure('storage-full', 'no room')
const engine: Notice = { _tag: 'engine', message: 'no room', failure }
const halted = (task: number): Notice => ({ _tag: 'task-halted', message: `halted ${task}`, task, failure })

it('warns once a minute of what holds a run up, and of each halted task, until somebody listens', () => {
  const clock = manualClock()
  const errors$ = new Subject<Notice>()
  const warned: string[] = []
  const running = warnUnheard({ errors$ } as unknown as Running, clock, (message) => warned.push(message))
  for (const notice of [engine, engine, halted(0), halted(1), engine]) errors$.next(notice)
  clock.ms += 61_000
  errors$.next(engine)
  const said = ['no room', 'halted 0', 'halted 1', 'no room']
  expect(warned).toEqual(said.map((message) => `${message} (nobody listens to errors$ of this run)`))
  running.errors$.subscribe()
  errors$.next(halted(2))
  expect(warned).toHaveLength(said.length)
})
