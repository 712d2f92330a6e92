/** Colours for a terminal, or none. */
export interface Paint {
  readonly none: (text: string) => string
  readonly red: (text: string) => string
  readonly yellow: (text: string) => string
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
}

const asIs = (text: string): string => text
const ansi =
  (on: number, off: number) =>
  (text: string): string =>
    `\u001b[${on}m${text}\u001b[${off}m`

export const plain: Paint = { none: asIs, red: asIs, yellow: asIs, bold: asIs, dim: asIs }
export const painted: Paint = {
  none: asIs,
  red: ansi(31, 39),
  yellow: ansi(33, 39),
  bold: ansi(1, 22),
  dim: ansi(2, 22),
}
