import * as E from 'fp-ts/lib/Either.js'
import type { Call, Engine } from '../../contracts/engine.ts'
import { engineFailure } from '../../contracts/failure.ts'
import type { DirectoryOptions } from './open-directory.ts'

export const openReadOnly =
  (_options: Omit<DirectoryOptions, 'lock'>): Call<Engine> =>
  async () =>
    E.left(engineFailure('unsupported', 'not yet'))
