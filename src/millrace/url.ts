import * as E from 'fp-ts/lib/Either.js'
import { type EngineFailure, engineFailure } from '../contracts/failure.ts'

/** Which engine a URL means. */
export type Target = { readonly _tag: 'file'; readonly directory: string } | { readonly _tag: 'memory' }

const allForms = "'file:./data' (a directory of this machine) or 'memory:' (gone when the process ends)"

/**
 * Reads what was given to `connect`: `file:./data`, `file:/var/lib/orders`, `file:///var/lib/orders`, `memory:`. What it refuses is
 * told to use `forms`.
 */
export const readUrl = (url: string, forms: string = allForms): E.Either<EngineFailure, Target> => {
  const refuse = (why: string) =>
    E.left(engineFailure('invalid-url', `cannot connect to '${url}': ${why}; use ${forms}`))
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):(.*)$/i.exec(url) ?? []
  if (scheme === undefined || rest === undefined)
    return refuse(isBroker.test(url) ? broker : `it names no engine${meant(url)}`)
  switch (scheme.toLowerCase()) {
    case 'memory':
      return rest === ''
        ? E.right({ _tag: 'memory' })
        : refuse(`there is nothing to name in memory, and it says '${rest}'`)
    case 'file':
      return readDirectory(rest, refuse)
    case 'kafka':
      return E.left(
        engineFailure(
          'unsupported',
          `cannot connect to '${url}': this version has no engine for Apache Kafka yet; use ${forms}`,
        ),
      )
    default:
      return refuse(isBroker.test(url) ? broker : `there is no engine '${scheme}'`)
  }
}

/** `host:9092`, or several of them. */
const isBroker = /^[\w.-]+:\d+(,|$)/
const broker = 'it looks like the address of a Kafka broker, for which this version has no engine yet'

/** What was left out, where that is to be seen. */
const meant = (url: string): string => {
  if (url === 'memory') return " (did you mean 'memory:'?)"
  return /^[\w./-]+$/.test(url) ? ` (did you mean 'file:${url}'?)` : ''
}

const readDirectory = (
  rest: string,
  refuse: (why: string) => E.Either<EngineFailure, Target>,
): E.Either<EngineFailure, Target> => {
  const directory = rest.startsWith('//') ? rest.slice(2) : rest
  if (directory === '') return refuse('it names no directory')
  if (directory.startsWith('~'))
    return refuse("'~' means nothing outside of a shell: write the directory out, as in `file:${homedir()}/data`")
  if (/\?\w*=/.test(directory))
    return refuse("what follows '?' looks like options: give them as in connect(url, { readOnly: true })")
  if (directory.includes('\0')) return refuse('a directory cannot contain a null byte')
  if (rest.startsWith('//') && !directory.startsWith('/'))
    return refuse(`'${directory}' stands where a host would: write file:./${directory} or file:///${directory}`)
  return E.right({ _tag: 'file', directory })
}
