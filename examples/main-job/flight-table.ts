import { type Flight, readFlights } from './flights.ts'

/** The file's first flights in memory, 18 bytes each, by row. */
export class FlightTable {
  readonly rows: number
  readonly #dates: Float64Array
  readonly #delays: Int16Array
  readonly #distances: Int16Array
  readonly #origins: Uint16Array
  readonly #destinations: Uint16Array
  readonly #airports: string[] = []
  readonly #numbers: Map<string, number> = new Map()

  private constructor(rows: number) {
    this.rows = rows
    this.#dates = new Float64Array(rows)
    this.#delays = new Int16Array(rows)
    this.#distances = new Int16Array(rows)
    this.#origins = new Uint16Array(rows)
    this.#destinations = new Uint16Array(rows)
  }

  static async read(rows: number): Promise<FlightTable> {
    const table = new FlightTable(rows)
    for await (const flights of readFlights(0, rows)) for (const flight of flights) table.#put(flight)
    return table
  }

  /** The flight of that row, or `undefined` where there is no such row. */
  at(row: number): Flight | undefined {
    const [origin, destination] = [this.#origins[row], this.#destinations[row]]
    if (origin === undefined || destination === undefined) return undefined
    return {
      row,
      date: new Date(this.#dates[row] ?? 0),
      delay: this.#delays[row] ?? 0,
      distance: this.#distances[row] ?? 0,
      origin: this.#airports[origin] ?? '',
      destination: this.#airports[destination] ?? '',
    }
  }

  #put({ row, date, delay, distance, origin, destination }: Flight): void {
    this.#dates[row] = date.getTime()
    this.#delays[row] = delay
    this.#distances[row] = distance
    this.#origins[row] = this.#number(origin)
    this.#destinations[row] = this.#number(destination)
  }

  #number(airport: string): number {
    const known = this.#numbers.get(airport)
    if (known !== undefined) return known
    const number = this.#airports.push(airport) - 1
    this.#numbers.set(airport, number)
    return number
  }
}
