/** A property that stands for another while patches are on. */
export interface Patch {
  readonly on: object
  readonly key: PropertyKey
  /** What is there instead, given what was. */
  readonly instead: (real: unknown) => unknown
}

/** A property that is computed at each read while patches are on. */
export interface ReadPatch {
  readonly on: object
  readonly key: PropertyKey
  readonly read: (real: () => unknown) => unknown
}

/** Puts patches on. The answer takes them off again, the last first. */
export const patched = (patches: readonly (Patch | ReadPatch)[]): (() => void) => {
  const undo: (() => void)[] = []
  const takeOff = () => {
    for (const one of undo.splice(0).reverse()) one()
  }
  try {
    for (const patch of patches) undo.push(put(patch))
  } catch (error) {
    takeOff()
    throw error
  }
  return takeOff
}

const put = (patch: Patch | ReadPatch): (() => void) => {
  const { on, key } = patch
  const before = Object.getOwnPropertyDescriptor(on, key)
  const enumerable = before?.enumerable ?? false
  if ('read' in patch) {
    const real = () => (before === undefined || 'value' in before ? before?.value : before.get?.call(on))
    // whoever sets it means what is there from then on
    const set = (value: unknown) =>
      Object.defineProperty(on, key, { configurable: true, enumerable, writable: true, value })
    Object.defineProperty(on, key, { configurable: true, enumerable, get: () => patch.read(real), set })
  } else {
    const value = patch.instead(Reflect.get(on, key))
    // of most there are hundreds, and this is quicker
    if (before?.writable === true) {
      Reflect.set(on, key, value)
      return () => void Reflect.set(on, key, before.value)
    }
    Object.defineProperty(on, key, { configurable: true, enumerable, writable: true, value })
  }
  return () => {
    if (before === undefined) Reflect.deleteProperty(on, key)
    else Object.defineProperty(on, key, before)
  }
}
