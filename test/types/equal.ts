/** `true` where the two types are one and the same, `any` and readonly included. */
export type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false

/** Compiles only where the answer is right: `equal<A, B>(true)`. */
export const equal = <A, B>(_answer: Equal<A, B>): void => undefined
