import type { Command, Option } from 'commander'

/** What may be typed at one place of the command line. */
export interface Place {
  /** The commands before it: `` for none, `topics`, `topics create`. */
  readonly path: string
  readonly commands: readonly { readonly name: string; readonly summary: string }[]
  readonly flags: readonly Flag[]
  /** What may stand there that is neither. */
  readonly words: readonly string[]
}

export interface Flag {
  readonly long: string
  readonly short: string | undefined
  readonly summary: string
  /** What its value is; none where it takes none. */
  readonly value: FlagValue | undefined
}

export type FlagValue = { readonly _tag: 'choices'; readonly choices: readonly string[] } | { readonly _tag: ValueKind }
type ValueKind = 'topic' | 'group' | 'file' | 'anything'

/** Every place of `program`, itself first. */
export const commandTree = (program: Command): readonly Place[] => {
  const globals = program.options.map(flagOf)
  const places = (command: Command, path: string): readonly Place[] => [
    {
      path,
      commands: command.commands.map((one) => ({ name: one.name(), summary: one.summary() })),
      flags: [...(command === program ? [] : command.options.map(flagOf)), ...globals, helpFlag],
      words: command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices),
    },
    ...command.commands.flatMap((one) => places(one, path === '' ? one.name() : `${path} ${one.name()}`)),
  ]
  return places(program, '')
}

const helpFlag: Flag = { long: '--help', short: '-h', summary: 'print help for a command', value: undefined }

const flagOf = ({ long, short, description, required, argChoices, flags }: Option): Flag => ({
  long: long ?? '',
  short,
  summary: description.split(/[:;,(]/)[0]?.trim() ?? '',
  value: required ? valueOf(flags, argChoices) : undefined,
})

const valueOf = (flags: string, choices: readonly string[] | undefined): FlagValue => {
  if (choices !== undefined) return { _tag: 'choices', choices }
  const named = Object.keys(kinds).find((name) => flags.includes(`<${name}`))
  return { _tag: named === undefined ? 'anything' : (kinds[named] as ValueKind) }
}

/** What is completed, by what a flag calls its value: a pipeline, and what moves what is delayed, is the group of its name. */
const kinds: Readonly<Record<string, ValueKind>> = {
  topic: 'topic',
  group: 'group',
  pipeline: 'group',
  delayed: 'group',
  file: 'file',
}
