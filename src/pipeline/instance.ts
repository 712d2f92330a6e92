import type { Engine } from '../contracts/engine.ts'

const taken = new WeakMap<Engine, Map<string, Set<string>>>()

/**
 * Takes a name for one running instance of pipeline `name`: the one given, else the lowest number that is free in this
 * process. Two instances under one name would fence one another; in another process it has to be another.
 *
 * **Errors** throws where this process has it already.
 */
export const takeInstance = (
  engine: Engine,
  name: string,
  wanted?: string,
): { readonly instance: string; readonly release: () => void } => {
  const names = taken.get(engine) ?? new Map<string, Set<string>>()
  taken.set(engine, names)
  const inUse = names.get(name) ?? new Set<string>()
  names.set(name, inUse)
  if (wanted !== undefined && inUse.has(wanted))
    throw new TypeError(
      `pipeline '${name}' is running as instance '${wanted}' already: give the other another name, or none`,
    )
  const instance = wanted ?? lowest(inUse)
  inUse.add(instance)
  return { instance, release: () => inUse.delete(instance) }
}

const lowest = (inUse: ReadonlySet<string>): string => {
  let number = 0
  while (inUse.has(String(number))) number++
  return String(number)
}
