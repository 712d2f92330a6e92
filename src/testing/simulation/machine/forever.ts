/** What a dead process waits for. */
export const forever = <A>(): Promise<A> => new Promise(() => {})
