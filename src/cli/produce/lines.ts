const newline = 10
const carriageReturn = 13

/** A line that is longer than any record may be. */
export class LineTooLong extends Error {
  readonly _tag = 'LineTooLong'
  override readonly name = 'LineTooLong'
}

/**
 * The lines of `input`, an array for each piece that came: a line is handed on as soon as it ends. Line ends (`\n` or
 * `\r\n`) are left out, and the last line needs none.
 *
 * **Guarantees** no more is kept than a line of `maxBytes` and the piece that came last.
 *
 * **Errors** throws {@link LineTooLong}, behind the lines before it.
 */
export async function* linesOf(
  input: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<readonly Uint8Array[], void, undefined> {
  let begun: Uint8Array[] = []
  let begunBytes = 0
  for await (const piece of input) {
    const lines: Uint8Array[] = []
    let from = 0
    for (let end = piece.indexOf(newline); end !== -1; end = piece.indexOf(newline, from)) {
      const rest = piece.subarray(from, end)
      lines.push(trimmed(begun.length === 0 ? rest : Buffer.concat([...begun, rest])))
      begun = []
      begunBytes = 0
      from = end + 1
    }
    if (from < piece.length) {
      begun.push(piece.subarray(from))
      begunBytes += piece.length - from
    }
    if (lines.length > 0) yield lines
    if (begunBytes > maxBytes) throw new LineTooLong(`is longer than ${maxBytes} bytes`)
  }
  if (begunBytes > 0) yield [trimmed(Buffer.concat(begun))]
}

const trimmed = (line: Uint8Array): Uint8Array =>
  line.at(-1) === carriageReturn ? line.subarray(0, line.length - 1) : line
