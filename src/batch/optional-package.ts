import { createRequire } from 'node:module'

/** A feature that needs an optional package which is not there, or does not load. The message names the package. */
export class MissingPackageError extends Error {
  readonly _tag = 'MissingPackageError'
  override readonly name = 'MissingPackageError'
  readonly packageName: string
  constructor(feature: string, packageName: string, cause: unknown) {
    super(`${feature} needs the package ${packageName}, which could not be loaded: npm install ${packageName}`, {
      cause,
    })
    this.packageName = packageName
  }
}

/**
 * A package that is loaded when it is first needed, and then kept.
 *
 * **Errors** the function it answers throws a {@link MissingPackageError}, at each call anew.
 */
export const optionalPackage = <A>(feature: string, packageName: string): (() => A) => {
  let loaded: A | undefined
  return () => {
    if (loaded !== undefined) return loaded
    try {
      loaded = createRequire(import.meta.url)(packageName) as A
      return loaded
    } catch (error) {
      throw new MissingPackageError(feature, packageName, error)
    }
  }
}
