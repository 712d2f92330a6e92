import { createRequire } from 'node:module'
import { Command, Option } from 'commander'
import { defaultUrl, showExamples } from './command-leaf.ts'
import { addCompletionCommand } from './commands/completion.ts'
import { addConsumeCommand } from './commands/consume.ts'
import { addDlqCommands } from './commands/dlq.ts'
import { addGroupsCommands } from './commands/groups.ts'
import { addHelpCommand } from './commands/help.ts'
import { addJobsCommands } from './commands/jobs.ts'
import { addProduceCommand } from './commands/produce.ts'
import { addTopicsCommands } from './commands/topics.ts'
import { hintFor } from './foreign-flags.ts'
import type { World } from './world.ts'

const { version } = createRequire(import.meta.url)('millrace/package.json') as { readonly version: string }

/** Where the program puts its own words: help, and what is wrong with a command line. */
export interface ProgramOutput {
  readonly printed: (text: string) => void
  readonly said: (text: string) => void
}

const about = `Looks after the topics, groups, dead letters and delayed jobs of a millrace directory, writes records, and reads them.

A directory that a program owns can be read meanwhile; to change it, stop the program.`

/** The whole command line, as commander has it. It throws a `CommanderError` for what it does not take. */
export const buildProgram = (world: World, { printed, said }: ProgramOutput): Command => {
  const program = new Command('millrace')
    .description(about)
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print help for a command')
    .helpCommand(false)
    .addOption(new Option('--url <url>', 'the engine: file:DIRECTORY').env('MILLRACE_URL').default(defaultUrl))
    .addOption(new Option('--debug', 'show where an error comes from').env('MILLRACE_DEBUG'))
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .showSuggestionAfterError(true)
    .showHelpAfterError('(--help shows what it takes)')
    .exitOverride()
    .configureOutput({
      writeOut: printed,
      writeErr: said,
      getOutHelpWidth: () => 110,
      getErrHelpWidth: () => 110,
      outputError: (text, write) => write(`millrace: ${text.replace(/^error: /, '')}${hintFor(text)}`),
    })
  addTopicsCommands(program, world)
  addProduceCommand(program, world)
  addConsumeCommand(program, world)
  addGroupsCommands(program, world)
  addDlqCommands(program, world)
  addJobsCommands(program, world)
  addCompletionCommand(program, world)
  addHelpCommand(program)
  showExamples(program, [
    'millrace topics create --topic orders --partitions 4',
    "printf 'o1:paid\\n' | millrace produce --topic orders --key-separator :",
    'millrace consume --topic orders --from-beginning --until-latest',
    'millrace groups describe --help',
  ])
  return program
}
