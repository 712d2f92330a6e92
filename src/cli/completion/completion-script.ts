import type { Command } from 'commander'
import { bashScript } from './bash.ts'
import { commandTree, type Place } from './command-tree.ts'
import { fishScript } from './fish.ts'
import { zshScript } from './zsh.ts'

const scripts: Readonly<Record<'bash' | 'zsh' | 'fish', (places: readonly Place[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
}

/** A script that teaches a shell to complete what `program` takes. */
export const completionScript = (shell: 'bash' | 'zsh' | 'fish', program: Command): string =>
  scripts[shell](commandTree(program))
