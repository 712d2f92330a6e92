import { CommanderError } from 'commander'
import { describeError } from './describe-error.ts'
import { type ExitCode, exitCodes } from './exit-code.ts'
import { buildProgram } from './program.ts'
import { ReaderGone, type World } from './world.ts'

/** Runs one command line, says on stderr what went wrong, and answers the exit code. Never rejects. */
export const runCli = async (args: readonly string[], world: World): Promise<ExitCode> => {
  const said: string[] = []
  const printed: string[] = []
  let exitCode: ExitCode = exitCodes.done
  const program = buildProgram(world, {
    said: (text) => said.push(text),
    printed: (text) => printed.push(text),
  })
  try {
    await program.parseAsync(args, { from: 'user' }).catch((error: unknown) => {
      if (!(error instanceof CommanderError)) throw error
      // commander takes a group of commands without one of them for a mistake: it shows what there is, as kubectl's do
      if (error.code === 'commander.help') return void printed.push(...said.splice(0))
      exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage
    })
    await world.stdout.write(printed.join(''))
    await world.stderr.write(said.join(''))
    return exitCode
  } catch (error) {
    if (error instanceof ReaderGone) return exitCodes.done
    const isDebugging = program.opts<{ debug?: boolean }>().debug === true || Boolean(world.env.MILLRACE_DEBUG)
    const { message, code } = describeError(error, isDebugging)
    // where nobody hears it, the exit code says it
    await world.stderr.write(`millrace: ${message}\n`).catch(() => undefined)
    return code
  }
}
