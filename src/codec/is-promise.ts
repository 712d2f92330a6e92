/** Whether `value` is a promise; where it is, its rejection is taken care of, since nobody is going to wait for it. */
export const isPromise = (value: unknown): value is Promise<unknown> => {
  if (!(value instanceof Promise)) return false
  value.catch(() => undefined)
  return true
}
