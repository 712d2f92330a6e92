import { expect, it } from 'vitest'
import { type ConnectOptions, connect, type ReadOptions, text, topic } from '../../src/index.ts'

const lines = topic('lines', { key: text, value: text })

it('refuses options of connect that are none, before anything is opened', async () => {
  const misspelt = { readonly: true } as ConnectOptions
  await expect(connect('memory:', misspelt)).rejects.toThrow(/no option 'readonly'; there are .*readOnly/)
  const inside = { send: { linger: 3 } } as ConnectOptions
  await expect(connect('memory:', inside)).rejects.toThrow(/no option 'linger'; there are .*lingerMs/)
})

it('refuses options of a topic that are none', () => {
  const misspelt = { key: text, value: text, partition: 3 }
  expect(() => topic('lines', misspelt)).toThrow(/topic\('lines', …\): there is no option 'partition'/)
})

it.each([
  [{ form: 'latest' }, "no option 'form'"],
  [{ until: 'end' }, `until is 'latest' or left out, and not "end"`],
  [{ from: 'begin' }, `from is 'earliest', 'latest', { timestamp } or { offsets }, and not "begin"`],
])('refuses to read with %o', async (options, words) => {
  await using millrace = await connect('memory:')
  await millrace.create(lines)
  expect(() => millrace.read(lines, options as ReadOptions)).toThrow(words)
})
