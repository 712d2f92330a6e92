export interface ProgressLine {
  readonly show: (text: string) => void
  readonly end: () => void
}

/** A line on `out` that is redrawn on a terminal, and written now and then elsewhere. */
export const progressLine = (out: NodeJS.WriteStream): ProgressLine => {
  const everyMs = out.isTTY ? 200 : 20_000
  let at = performance.now()
  return {
    show: (text) => {
      if (performance.now() - at < everyMs) return
      at = performance.now()
      out.write(out.isTTY ? `\r\x1b[2K${text}` : `${text}\n`)
    },
    end: () => void (out.isTTY && out.write('\r\x1b[2K')),
  }
}
