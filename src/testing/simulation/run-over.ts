/** Thrown by a setting where a promise was not kept, and what would follow says nothing more. */
export class RunOver extends Error {
  override readonly name = 'RunOver'
}
