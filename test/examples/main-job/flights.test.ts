import { describe, expect, it } from 'vitest'
import { FlightTable } from '../../../examples/main-job/flight-table.ts'
import { type Flight, readFlights } from '../../../examples/main-job/flights.ts'

const flights = async (from: number, to: number): Promise<readonly Flight[]> => {
  const all: Flight[] = []
  for await (const some of readFlights(from, to)) all.push(...some)
  return all
}

describe('readFlights', () => {
  it('reads any range, in the file’s order, across its row groups', async () => {
    const [whole, part] = [await flights(272_700, 272_760), await flights(272_720, 272_730)]
    expect(whole.map(({ row }) => row)).toEqual(Array.from({ length: 60 }, (_, at) => 272_700 + at))
    expect(part).toEqual(whole.slice(20, 30))
  })

  it('has what the file has', async () => {
    const date = new Date('2001-01-01T00:01:00Z')
    expect(await flights(0, 1)).toEqual([
      { row: 0, date, delay: 33, distance: 2176, origin: 'LAS', destination: 'PHL' },
    ])
    expect(await flights(5, 5)).toEqual([])
  })
})

describe('FlightTable', () => {
  it('keeps each flight as it was', async () => {
    const [table, read] = [await FlightTable.read(2000), await flights(0, 2000)]
    expect(read.map(({ row }) => table.at(row))).toEqual(read)
    expect(table.at(2000)).toBeUndefined()
    expect(table.at(-1)).toBeUndefined()
    expect(table.at(0.5)).toBeUndefined()
  })
})
