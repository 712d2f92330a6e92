import '../millrace/require-node.ts'
import { expect } from 'vitest'
import { type MillraceMatchers, millraceMatchers } from './matchers/millrace-matchers.ts'

declare module 'vitest' {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends MillraceMatchers<R> {}
}

expect.extend(millraceMatchers)
