type Callable = (...args: never[]) => unknown

/** Where a call stands. */
export interface Caller {
  /** A path, or `node:…`; empty where it is built in. */
  readonly file: string
  readonly line: number
}

/** Who has called `asker`, the nearest first, up to so many. */
export const callersIn = (asker: Callable, most: number): readonly Caller[] => {
  const prepare = Error.prepareStackTrace
  const limit = Error.stackTraceLimit
  try {
    Error.stackTraceLimit = most
    Error.prepareStackTrace = (_error, sites) =>
      sites.map((site) => ({
        file: (site.getFileName() ?? '').replace(/^file:\/\//, ''),
        line: site.getLineNumber() ?? 0,
      }))
    const held: { stack?: unknown } = {}
    Error.captureStackTrace(held, asker)
    return (held.stack ?? []) as readonly Caller[]
  } finally {
    Error.prepareStackTrace = prepare
    Error.stackTraceLimit = limit
  }
}

/** What Node and the test runner do by themselves, in the middle of a user's code: load modules, print, read source maps. */
const byThemselves = /^node:|[/\\]node_modules[/\\](vitest|vite|@vitest|vite-node|source-map-support)[/\\]/
/** Of Node what only hands a call on that somebody else has asked for: `promisify(fs.readFile)`, an event's listener. */
const handingOn = /^node:(util|events|async_hooks|internal\/(util|event_target|async_hooks|async_local_storage\/.*))$/

/** Whether a call that stands in that file is Node's, or the test runner's, rather than the user's. */
export const isByThemselves = (file: string): boolean => byThemselves.test(file) && !handingOn.test(file)

/** Whether a call is made by Node's own queue: `process.nextTick(fs.readFile, …)`. */
export const isTick = (file: string): boolean => file === 'node:internal/process/task_queues'
