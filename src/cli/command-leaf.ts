import { Command, Option } from 'commander'
import { exitCodes } from './exit-code.ts'
import type { World } from './world.ts'

/** A command that was typed, with what it was told. */
export interface Invocation<O> {
  readonly world: World
  readonly url: string
  readonly options: O
}

/** What a command does; it rejects where it cannot. */
export type Run<O> = (invocation: Invocation<O>) => Promise<void>

export interface Leaf<O> {
  readonly name: string
  readonly summary: string
  /** More than the summary, for `--help`. */
  readonly details?: string
  /** What stands behind the command without a flag, and is handed on under this name among the options. */
  readonly argument?: { readonly name: string; readonly summary: string }
  /** What the command cannot do without. */
  readonly required?: readonly Option[]
  readonly options: readonly Option[]
  /** What `--json` writes, in words. None where the command has nothing to say in JSON. */
  readonly json?: string
  /** Whole lines, as they are typed. */
  readonly examples: readonly string[]
  /** Only now is loaded what the command needs: `--help` must not wait for an engine. */
  readonly load: () => Promise<Run<O>>
}

export const defaultUrl = 'file:./data'

/** Adds a command to `parent`. */
export const addLeaf = <O>(parent: Command, world: World, leaf: Leaf<O>): void => {
  const { name, summary, details, argument, required = [], options, json, examples } = leaf
  const command = parent.command(name).summary(summary)
  command.description(details === undefined ? `${summary}.` : `${summary}.\n\n${unwrapped(details)}`)
  if (argument !== undefined) command.argument(`<${argument.name}>`, argument.summary)
  for (const option of [...required, ...options]) command.addOption(option)
  if (json !== undefined) command.addOption(new Option('--json', `write JSON: ${json}`))
  command.usage([...required.map(({ flags }) => flags), command.usage()].join(' '))
  showExamples(command, examples)
  command.action(async () => {
    refuseMissing(command, required)
    const { url } = command.optsWithGlobals<{ url: string }>()
    const run = await leaf.load()
    const given = argument === undefined ? {} : { [argument.name]: command.args[0] }
    await run({ world, url, options: { ...command.opts(), ...given } as O })
  })
}

/** Not commander's own check, which comes before that of unknown flags: a slip of the keyboard is why one is missing. */
const refuseMissing = (command: Command, required: readonly Option[]): void => {
  const missing = required.find((option) => command.getOptionValue(option.attributeName()) === undefined)
  if (missing === undefined) return
  command.error(`error: required option '${missing.flags}' not specified`, { exitCode: exitCodes.usage })
}

/** A word under which commands stand: `millrace topics`. */
export interface Group {
  readonly name: string
  readonly summary: string
  readonly about: string
  readonly examples: readonly string[]
}

/** Adds a group of commands to `program`, and answers it. */
export const addGroup = (program: Command, { name, summary, about, examples }: Group): Command => {
  const group = program.command(name).summary(summary).description(unwrapped(about)).helpCommand(false)
  showExamples(group, examples)
  return group
}

/** Ends the help of `command` with whole lines, as they are typed. */
export const showExamples = (command: Command, lines: readonly string[]): void => {
  const shown = lines.map((line) => `  $ ${line}\n`).join('')
  command.addHelpText('after', `\nExample${lines.length > 1 ? 's' : ''}:\n${shown}`)
}

/** Paragraphs as lines of their own: the help is wrapped to where it is shown. */
const unwrapped = (paragraphs: string): string => paragraphs.replaceAll(/(?<!\n)\n(?!\n)/g, ' ')
