import { type Command, InvalidArgumentError, Option } from 'commander'
import { addLeaf } from '../command-leaf.ts'
import { binaryFormats } from '../field-formats.ts'
import { isWhole, moment, once, partitionNumbers, unescaped, wholeNumber } from '../option-values.ts'
import type { World } from '../world.ts'
import { formatOptions } from './format-options.ts'

const details = `Follows the topic from its end on, until Ctrl-C: --from-beginning and the like begin earlier, --until-latest and
--max-messages end sooner. Each record is its value, on a line, unless --format or --json says otherwise.

In --format, %k is the key, %s the value, %t the topic, %p the partition, %o the offset, %T the timestamp (ms since
the epoch), %h the headers (name=value,…), %K and %S the sizes of key and value in bytes (-1 for null), %% a percent
sign; \\n, \\t, \\r, \\\\ and \\xNN are what they are in C. The line end is yours to add.

With --group the reading goes on where the group has committed, and what was printed is committed.`

/** `millrace consume` */
export const addConsumeCommand = (program: Command, world: World): void =>
  addLeaf(program, world, {
    name: 'consume',
    summary: 'read records of a topic',
    details,
    required: [new Option('--topic <topic>', 'what to read').argParser(once)],
    options: [
      new Option('--from-beginning', 'begin with the oldest record (with --group: where it has committed nothing)'),
      new Option('--offset <offset>', 'begin there: a number, earliest, latest, or -N for the last N of a partition')
        .argParser(offset)
        .conflicts(['fromBeginning', 'fromTimestamp', 'group']),
      new Option('--from-timestamp <time>', 'begin with the first record at or after 2026-01-31T12:00:00 (UTC) or MS')
        .argParser(moment)
        .conflicts(['fromBeginning', 'offset', 'group']),
      new Option('--partition <numbers>', 'only these: 0, or 0,2').argParser(partitionNumbers).conflicts('group'),
      new Option('--group <group>', 'read as a member of this group, and commit what was printed').argParser(once),
      new Option('--max-messages <count>', 'end after so many').argParser(wholeNumber(1)),
      new Option('--until-latest', 'end at what is the end of the topic now'),
      new Option('--timeout-ms <ms>', 'end when nothing has come for so long').argParser(wholeNumber(1)),
      new Option('-f, --format <template>', 'how to write a record: %k\\t%s\\n').argParser(unescaped).conflicts('json'),
      ...formatOptions(),
      new Option('--binary <format>', 'how text shows what is no UTF-8').choices(binaryFormats).default('base64'),
      new Option('--null-marker <text>', 'what stands for null in a template').default('null'),
      new Option('--skip-message-on-error', 'say on stderr what cannot be shown, and go on'),
      new Option('--isolation-level <level>', 'whether to see records of open and aborted transactions')
        .choices(['read_committed', 'read_uncommitted'])
        .default('read_committed'),
    ],
    json: 'a line a record, {topic, partition, offset, timestamp, key, value, headers}',
    examples: [
      'millrace consume --topic orders --from-beginning --until-latest',
      "millrace consume --topic orders --group audit -f '%o\\t%k\\t%s\\n'",
      'millrace consume --topic orders --offset -10 --json',
    ],
    load: async () => (await import('../consume/consume.ts')).consume,
  })

const offset = (text: string): number | 'earliest' | 'latest' => {
  if (text === 'earliest' || text === 'latest') return text
  if (isWhole(text)) return Number(text)
  throw new InvalidArgumentError('It takes an offset, earliest, latest, or -N for the last N.')
}
