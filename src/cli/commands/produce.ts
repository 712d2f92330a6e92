import { type Command, Option } from 'commander'
import { addLeaf } from '../command-leaf.ts'
import { once, separator, settings, wholeNumber } from '../option-values.ts'
import type { World } from '../world.ts'
import { formatOptions } from './format-options.ts'

const details = `Reads a record a line, until the end of the input. Without --key-separator or --key records have no key, and
are spread over the partitions. A line that is no record is named by its number, and nothing behind it is sent.

With --jsonl a line is {"key": …, "value": …, "headers": {NAME: TEXT}, "timestamp": MS, "partition": N}, all but
the value optional: what 'millrace consume --json' writes.`

/** `millrace produce` */
export const addProduceCommand = (program: Command, world: World): void =>
  addLeaf(program, world, {
    name: 'produce',
    summary: 'write records to a topic, from a file or stdin',
    details,
    required: [new Option('--topic <topic>', 'where to').argParser(once)],
    options: [
      new Option('--file <file>', 'what to read instead of stdin'),
      new Option('--key-separator <text>', 'what ends the key of a line; \\t for a tab').argParser(separator),
      new Option('--key <key>', 'the key of all records').conflicts('keySeparator'),
      new Option('--header <name=value>', 'a header of all records; may be repeated').argParser(settings),
      new Option('--partition <number>', 'where to put all records').argParser(wholeNumber(0)),
      new Option('--null-marker <text>', 'what stands for a null key or value'),
      new Option('--jsonl', 'read a line as JSON').conflicts(['keySeparator', 'key', 'nullMarker']),
      ...formatOptions(),
      new Option('--transactional', 'all of the input or nothing, in one transaction (60 s at most)'),
    ],
    json: '{topic, acknowledged}',
    examples: [
      "printf 'o1:paid\\no2:open\\n' | millrace produce --topic orders --key-separator :",
      'millrace produce --topic orders --file orders.jsonl --jsonl --transactional',
    ],
    load: async () => (await import('../produce/produce.ts')).produce,
  })
