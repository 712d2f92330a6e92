import type { Flag, FlagValue, Place } from './command-tree.ts'
import { flagValues, listing, pathsOf } from './posix-cases.ts'

/** Completion for fish. */
export const fishScript = (places: readonly Place[]): string => {
  const valued = [...flagValues(places).keys()].join(' ').replaceAll('|', ' ')
  return `# millrace completion for fish: millrace completion fish > ~/.config/fish/completions/millrace.fish
function __millrace_at
    set -l words (commandline -opc)
    set -l path
    set -l skip 0
    for word in $words[2..-1]
        if test $skip = 1
            set skip 0
        else if contains -- $word ${valued}
            set skip 1
        else if contains -- "$(string join ' ' $path $word)" ${pathsOf(places).map(quoted).join(' ')}
            set -a path $word
        end
    end
    test "$(string join ' ' $path)" = "$argv"
end
function __millrace_list
    set -l url (string match -rg -- '--url[= ]+(\\S+)' (commandline -p))
    millrace (test -n "$url"; and echo --url=$url) $argv 2>/dev/null
end
complete -c millrace -f
${places.flatMap(linesOf).join('\n')}
`
}

const quoted = (text: string): string => `'${text.replaceAll(/['\\]/g, '\\$&')}'`

const linesOf = ({ path, commands, words, flags }: Place): readonly string[] => {
  const at = `complete -c millrace -n ${quoted(`__millrace_at ${path}`.trim())}`
  return [
    ...commands.map(({ name, summary }) => `${at} -a ${name} -d ${quoted(summary)}`),
    ...words.map((word) => `${at} -a ${word}`),
    ...flags.map((flag) => `${at} ${flagOf(flag)}`),
  ]
}

const flagOf = ({ long, short, summary, value }: Flag): string =>
  [
    `-l ${long.slice(2)}`,
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    `-d ${quoted(summary)}`,
    ...(value === undefined ? [] : [taken(value)]),
  ].join(' ')

const taken = (value: FlagValue): string => {
  switch (value._tag) {
    case 'choices':
      return `-xa ${quoted(value.choices.join(' '))}`
    case 'topic':
    case 'group':
      return `-xa ${quoted(`(__millrace_list ${listing[value._tag]})`)}`
    case 'file':
      return '-rF'
    case 'anything':
      return '-x'
  }
}
