/** Throws a `TypeError` for an option that is none: a slip of the keyboard must not pass for a choice. */
export const refuseUnknownOptions = (what: string, options: object, known: readonly string[]): void => {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`${what}: options are an object, and not ${String(options)}`)
  for (const option of Object.keys(options))
    if (!known.includes(option))
      throw new TypeError(`${what}: there is no option '${option}'; there are ${known.join(', ')}`)
}
