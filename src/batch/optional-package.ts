import { createRequire } from 'node:module'
import { engineFailure, MillraceError } from '../contracts/failure.ts'

/**
 * A package that is loaded when it is first needed, and then kept.
 *
 * **Errors** the function it answers throws a {@link MillraceError} `missing-package`, at each call anew.
 */
export const optionalPackage = <A>(feature: string, packageName: string): (() => A) => {
  let loaded: A | undefined
  return () => {
    if (loaded !== undefined) return loaded
    try {
      loaded = createRequire(import.meta.url)(packageName) as A
      return loaded
    } catch (error) {
      const message = `${feature} needs the package ${packageName}, which could not be loaded: npm install ${packageName}`
      throw new MillraceError(engineFailure('missing-package', message, error))
    }
  }
}
