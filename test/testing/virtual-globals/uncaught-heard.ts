import { systemSettle } from '../../../src/millrace/system.ts'

/** Of one type, as far as listeners go. */
export const uncaughtEvents = [
  'unhandledRejection',
  'uncaughtException',
  'uncaughtExceptionMonitor',
] as readonly string[] as readonly 'uncaughtException'[]

/** What this process is told of that nobody has caught, during `work`; the test runner, which would fail of it, is not told. */
export const uncaughtHeard = async (work: () => Promise<unknown>): Promise<readonly unknown[]> => {
  const heard: unknown[] = []
  const hear = (error: unknown) => void heard.push(error)
  const listening = uncaughtEvents.map((event) => [event, process.listeners(event)] as const)
  for (const [event] of listening) process.removeAllListeners(event).on(event, hear)
  try {
    await work()
    await systemSettle()
  } finally {
    for (const [event, listeners] of listening) {
      process.removeAllListeners(event)
      for (const listener of listeners) process.on(event, listener)
    }
  }
  return heard
}
