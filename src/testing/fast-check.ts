/** fast-check, with what is drawn by it. */
export interface FastCheck {
  readonly fc: typeof import('fast-check')
  readonly arbitraryCase: typeof import('./simulation/plan-arbitrary.ts').arbitraryCase
}

/**
 * Loads fast-check, which is only needed where something is drawn; `call` is what needs it.
 *
 * **Errors** rejects with a `TypeError` that says what to install, where it is not there.
 */
export const fastCheck = async (call: string = 'deliverySemantics(…)'): Promise<FastCheck> => {
  let fc: FastCheck['fc']
  try {
    fc = await import('fast-check')
  } catch (cause) {
    throw new TypeError(
      `${call} needs the package fast-check, which could not be loaded: npm install --save-dev fast-check`,
      { cause },
    )
  }
  const { arbitraryCase } = await import('./simulation/plan-arbitrary.ts')
  return { fc, arbitraryCase }
}
