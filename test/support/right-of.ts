import * as E from 'fp-ts/lib/Either.js'

/** What succeeded; throws what failed. */
export const rightOf = <A>(either: E.Either<unknown, A>): A => {
  if (E.isLeft(either)) throw new Error(`it failed: ${JSON.stringify(either.left)}`)
  return either.right
}
