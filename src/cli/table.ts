/** A column: its heading, and whether its cells are numbers, which stand to the right. */
export interface Column {
  readonly heading: string
  readonly isNumber?: boolean
}

/** Rows under headings, as wide as they need to be, two spaces apart; a line each. */
export const table = (columns: readonly Column[], rows: readonly (readonly string[])[]): string => {
  const widths = columns.map(({ heading }, at) => Math.max(heading.length, ...rows.map((row) => row[at]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (columns[at]?.isNumber ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd()
  return [columns.map(({ heading }) => heading), ...rows].map((cells) => `${line(cells)}\n`).join('')
}
