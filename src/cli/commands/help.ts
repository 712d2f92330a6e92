import type { Command } from 'commander'
import { showExamples } from '../command-leaf.ts'

/** `millrace help topics create` is `millrace topics create --help`. */
export const addHelpCommand = (program: Command): void => {
  const help = program.command('help').summary('print help for a command').argument('[command...]', 'its name')
  help.description('Prints help for a command, as --help behind it does.')
  help.action((names: readonly string[]) => {
    let of = program
    for (const name of names) {
      const next = of.commands.find((command) => command.name() === name)
      if (next === undefined) return of.error(`error: unknown command '${name}'`, { exitCode: 2 })
      of = next
    }
    of.help()
  })
  showExamples(help, ['millrace help topics create'])
}
