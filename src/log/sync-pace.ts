/** So many syncs that nobody joined, one after the other, and whoever commits seems to be alone. */
const aloneMin = 8
/** What a sync in place may hold up everything else, in ms: about what a trip through a thread pool takes. */
const quickMs = 0.5
/** After so many in place one is done aside, to see whether others have come. */
const inPlaceMax = 32
/** How many are done aside after a slow one, at the most. */
const pauseMax = 256

/**
 * Decides how the journal waits for the device.
 *
 * A sync aside lets the program go on, and those who commit meanwhile share the next one. In place it holds up
 * everything, and saves the trip through a thread pool, which on a fast device takes longer than the sync itself. So
 * it is done in place where the device is quick and one caller commits at a time: there is nobody to share with, and
 * nobody waits longer than a moment.
 *
 * A quick device is slow now and then, too. So after a slow one there is a pause, which doubles with each that is
 * slow and halves with each that is quick: a device that is always slow is hardly ever tried.
 */
export class SyncPace {
  #alone = 0
  #inPlace = 0
  #pause = 4
  #paused = 0

  get isInPlace(): boolean {
    return this.#alone >= aloneMin && this.#paused === 0 && this.#inPlace < inPlaceMax
  }

  /** One was done aside; `joined`: somebody came meanwhile, and waits for the next. */
  aside(joined: boolean): void {
    this.#alone = joined ? 0 : this.#alone + 1
    this.#inPlace = 0
    if (this.#paused > 0) this.#paused--
  }

  /** One was done in place, and held everything up for so long. */
  inPlace(tookMs: number): void {
    this.#inPlace++
    if (tookMs <= quickMs) {
      this.#pause = Math.max(1, this.#pause / 2)
      return
    }
    this.#pause = Math.min(pauseMax, this.#pause * 2)
    this.#paused = this.#pause
  }
}
