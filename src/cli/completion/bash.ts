import type { FlagValue, Place } from './command-tree.ts'
import { listing, posixCases } from './posix-cases.ts'

/** Completion for bash. */
export const bashScript = (places: readonly Place[]): string => {
  const { valued, paths, words, values } = posixCases(places, { offer, reply })
  return `# millrace completion for bash: source <(millrace completion bash)
_millrace() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path='' url=() i
  [[ $COMP_LINE =~ --url[=\\ ]+([^\\ ]+) ]] && url=(--url "\${BASH_REMATCH[1]}")
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      ${valued}) ((i++)) ;;
      *)
        case "\${path:+$path }\${COMP_WORDS[i]}" in
          ${paths}) path="\${path:+$path }\${COMP_WORDS[i]}" ;;
        esac ;;
    esac
  done
  case $prev in
${values}
  esac
  case $path in
${words}
  esac
}
complete -F _millrace millrace
`
}

const offer = (words: readonly string[]): string => `COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$cur"))`

const reply = (value: FlagValue): string => {
  switch (value._tag) {
    case 'choices':
      return offer(value.choices)
    case 'topic':
    case 'group':
      return `COMPREPLY=($(compgen -W "$(millrace "\${url[@]}" ${listing[value._tag]} 2>/dev/null)" -- "$cur"))`
    case 'file':
      return 'COMPREPLY=($(compgen -f -- "$cur"))'
    case 'anything':
      return 'COMPREPLY=()'
  }
}
