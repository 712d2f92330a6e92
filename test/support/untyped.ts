/** What `call`, plain JavaScript that no compiler has seen, comes to with the names of `scope`. */
export const untyped = (call: string, scope: Readonly<Record<string, unknown>>): unknown =>
  // oxlint-disable-next-line typescript/no-implied-eval -- the text is the test's own, and names it in the report
  new Function(...Object.keys(scope), `return ${call}`)(...Object.values(scope))
