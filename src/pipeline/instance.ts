import type { Engine } from '../contracts/engine.ts'

const taken = new WeakMap<Engine, Map<string, Set<string>>>()

/**
 * Takes a name for one running instance of pipeline `name`: the one given, else the client's id and the lowest number
 * that is free in this process. Two instances under one name would fence one another; in another process it has to be
 * another, which it is where each process has a client id of its own. What is given holds no slash, so that it is never
 * one of those.
 *
 * **Errors** throws where this process has it already.
 */
export const takeInstance = (
  engine: Engine,
  name: string,
  { wanted, clientId }: { readonly wanted: string | undefined; readonly clientId: string },
): { readonly instance: string; readonly release: () => void } => {
  const names = taken.get(engine) ?? new Map<string, Set<string>>()
  taken.set(engine, names)
  const inUse = names.get(name) ?? new Set<string>()
  names.set(name, inUse)
  if (wanted !== undefined && inUse.has(wanted))
    throw new TypeError(
      `pipeline '${name}' is running as instance '${wanted}' already: give the other another name, or none`,
    )
  const instance = wanted ?? lowest(clientId, inUse)
  inUse.add(instance)
  return { instance, release: () => inUse.delete(instance) }
}

const lowest = (clientId: string, inUse: ReadonlySet<string>): string => {
  let number = 0
  while (inUse.has(`${clientId}/${number}`)) number++
  return `${clientId}/${number}`
}
