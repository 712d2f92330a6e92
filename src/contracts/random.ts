/** Randomness, handed in: no code of ours draws it elsewhere. */
export interface Random {
  /** Uniform over [0, 1). */
  readonly next: () => number
  /** 16 random bytes, for ids. */
  readonly id: () => Uint8Array
}
