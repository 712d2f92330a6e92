import { Argument, type Command } from 'commander'
import type { World } from '../world.ts'

const help = `
Examples:
  $ source <(millrace completion bash)                                      # in ~/.bashrc
  $ source <(millrace completion zsh)                                       # in ~/.zshrc, behind compinit
  $ millrace completion fish > ~/.config/fish/completions/millrace.fish
`

/** `millrace completion` */
export const addCompletionCommand = (program: Command, world: World): void => {
  program
    .command('completion')
    .summary('print a script that completes commands, flags, topics and groups')
    .description(
      'Prints a script for your shell that completes commands, flags, and the topics and groups that there are.',
    )
    .addArgument(new Argument('<shell>', 'which').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', help)
    .action(async (name: 'bash' | 'zsh' | 'fish') => {
      const { completionScript } = await import('../completion/completion-script.ts')
      await world.stdout.write(completionScript(name, program))
    })
}
