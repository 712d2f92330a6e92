import type { FlagValue, Place } from './command-tree.ts'
import { listing, posixCases } from './posix-cases.ts'

/** Completion for zsh. */
export const zshScript = (places: readonly Place[]): string => {
  const { valued, paths, words, values } = posixCases(places, { offer, reply })
  return `#compdef millrace
# millrace completion for zsh: source <(millrace completion zsh), behind compinit
_millrace() {
  local prev=\${words[CURRENT-1]} where='' i
  local -a url
  for ((i = 2; i < CURRENT; i++)); do
    case \${words[i]} in
      ${valued})
        [[ \${words[i]} == --url ]] && url=(--url "\${words[i+1]}")
        ((i++)) ;;
      *)
        case "\${where:+$where }\${words[i]}" in
          ${paths}) where="\${where:+$where }\${words[i]}" ;;
        esac ;;
    esac
  done
  case $prev in
${values}
  esac
  case $where in
${words}
  esac
}
compdef _millrace millrace
`
}

const offer = (words: readonly string[]): string => `compadd -- ${words.join(' ')}`

const reply = (value: FlagValue): string => {
  switch (value._tag) {
    case 'choices':
      return offer(value.choices)
    case 'topic':
    case 'group':
      return `compadd -- \${(f)"$(millrace $url ${listing[value._tag]} 2>/dev/null)"}`
    case 'file':
      return '_files'
    case 'anything':
      return 'true'
  }
}
