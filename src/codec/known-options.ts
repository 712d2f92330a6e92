import { given } from './arguments.ts'
import { nearest } from './nearest.ts'

/** Throws a `TypeError` for an option that is none: a slip of the keyboard must not pass for a choice. */
export const refuseUnknownOptions = (what: string, options: object, known: readonly string[]): void => {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new TypeError(
      `${what}: options are an object, as in { ${known.slice(0, 2).join(', ')} }, and not ${given(options)}`,
    )
  for (const option of Object.keys(options)) {
    if (known.includes(option)) continue
    const meant = nearest(option, known)
    const hint = meant === undefined ? '' : `: did you mean ${meant}?`
    throw new TypeError(`${what}: there is no option '${option}'; there are ${known.join(', ')}${hint}`)
  }
}
