import { Complaint } from '../complaint.ts'

/** What may stand in a template, as kcat has it: `%k`. */
export const templateTokens = ['k', 's', 'K', 'S', 't', 'p', 'o', 'T', 'h'] as const
export type TemplateToken = (typeof templateTokens)[number]

/** A piece of a template: text as it is, or what a token stands for. */
export type TemplatePiece = { readonly text: string } | { readonly token: TemplateToken }

/** Reads `%o: %s`. A {@link Complaint} names a token that is none. */
export const readTemplate = (template: string): readonly TemplatePiece[] =>
  [...template.matchAll(/%(.?)|[^%]+/gsu)].map(([text, letter]): TemplatePiece => {
    if (letter === undefined) return { text }
    if (letter === '%') return { text: '%' }
    const token = templateTokens.find((one) => one === letter)
    if (token !== undefined) return { token }
    const all = templateTokens.map((one) => `%${one}`).join(', ')
    throw new Complaint('usage', `--format knows no '%${letter}': there are ${all}, and %% for a percent sign`)
  })
