import { spawn } from 'node:child_process'

/** A command in a page of the docs, and what stands below it. */
export interface SessionStep {
  readonly command: string
  readonly output: string
}

/** One terminal: a block of `console` in a page. */
export interface TerminalSession {
  /** `docs/cli.md:12`: where its first line stands. */
  readonly place: string
  readonly steps: readonly SessionStep[]
}

/** The blocks of a page: a command stands behind `$ `, and goes on behind `> `; all else is output. */
export const terminalSessions = (path: string, text: string): readonly TerminalSession[] =>
  [...text.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(({ 1: block = '', index }) => ({
    place: `${path}:${text.slice(0, index).split('\n').length + 1}`,
    steps: stepsOf(block),
  }))

const stepsOf = (block: string): readonly SessionStep[] =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const lines = step.split('\n')
      const more = lines.slice(1).findIndex((line) => !line.startsWith('> '))
      const command = [lines[0], ...lines.slice(1, more + 1).map((line) => line.slice(2))].join('\n')
      return { command, output: lines.slice(more + 1).join('\n') }
    })

const mark = '--- the end of a step ---'

/**
 * Types the commands of `sessions` into bash, one session after the other, in `directory`, with `path` before everything else
 * to look for commands in; answers what came of each command, on stdout and stderr together.
 */
export const typed = async (
  sessions: readonly TerminalSession[],
  { directory, path }: { readonly directory: string; readonly path: string },
): Promise<readonly (readonly string[])[]> => {
  const answers: string[][] = []
  for (const { steps } of sessions) {
    const script = steps.map(({ command }) => `${command}\n__status=$?; echo '${mark}'; (exit $__status)\n`).join('')
    const output = await bash(script, directory, path)
    answers.push(output.split(`${mark}\n`).slice(0, steps.length))
  }
  return answers
}

const bash = (script: string, cwd: string, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn('bash', ['--noprofile', '--norc', '-c', `exec 2>&1\n${script}`], {
      cwd,
      env: { PATH: `${path}:${process.env.PATH ?? ''}`, NODE_COMPILE_CACHE: path },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.once('error', reject)
    child.once('close', () => resolve(output))
  })

/** The same for every run: times, waits, ids and process ids are another each time. */
export const normalised = (output: string): string =>
  output
    .replaceAll(/\b1\d{12}\b/g, '<time>')
    .replaceAll(/\b20\d\d-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/\b\d+m\d\ds\b/g, '<wait>')
    .replaceAll(/(\bid |"(?:id|topicId)":")[\w-]{22}/g, '$1<id>')
    .replaceAll(/process \d+/g, 'process <pid>')
    .trimEnd()
