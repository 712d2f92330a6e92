import { type Command, Option } from 'commander'
import { addGroup, addLeaf } from '../command-leaf.ts'
import { gathered, rate, wholeNumber } from '../option-values.ts'
import type { World } from '../world.ts'
import { letterOptions, lettersTopic } from './letter-options.ts'

const about = `Looks at records that pipelines gave up to a topic of dead letters, and sends them on their way again.`

const redriveDetails = `Says what would become of the letters, and does nothing until --execute. A record goes as it was, with a header
that counts how often it came back. The letter stays where it is, and says from then on that it was redriven: it does not
go again, also where the redrive was interrupted, and the same command is typed once more.

--to lane: to the pipeline that gave the record up, and to nobody else; it must have retry topics. It comes in as the
record that it was, at once. --to origin: to the end of the topic in which it was read, as a record of its own: every
group that reads the topic sees it again.

Who moved what, where and when is in the topic NAME.redriven.`

/** `millrace dlq …` */
export const addDlqCommands = (program: Command, world: World): void => {
  const dlq = addGroup(program, {
    name: 'dlq',
    summary: 'list, show and redrive dead letters',
    about,
    examples: ['millrace dlq list --topic charge.dead', 'millrace dlq show charge.dead-0-17'],
  })
  addLeaf(dlq, world, {
    name: 'list',
    summary: 'list dead letters, or count them by their errors',
    details: 'Lists letters that were not redriven yet, oldest first in each partition.',
    required: [lettersTopic()],
    options: [
      ...letterOptions(),
      new Option('--all', 'those that were redriven, too'),
      new Option('--counts', 'count them by pipeline, origin and error').conflicts('max'),
      new Option('--max <count>', 'how many to show; the rest is counted').argParser(wholeNumber(1)).default(50),
    ],
    json: 'a line a letter, {letter, givenUp, pipeline, origin, key, error, reason, redriven, moved}; with --counts one, [{letters, pipeline, origin, error, first, last}]',
    examples: [
      'millrace dlq list --topic charge.dead --counts',
      'millrace dlq list --topic charge.dead --error CardRefused --since 2026-01-31T12:00:00',
    ],
    load: async () => (await import('../dlq/list-letters.ts')).listLetters,
  })
  addLeaf(dlq, world, {
    name: 'show',
    summary: 'show a dead letter whole, with the record that it is about',
    argument: { name: 'letter', summary: 'its id, TOPIC-PARTITION-OFFSET, as list shows it' },
    options: [],
    json: '{letter, givenUp, pipeline, reason, error: {name, message, report}, attempts, firstFailedAt, origin, key, value, headers, redriven, moved}; JSON and text of the record as they are, other bytes as {"base64": …}',
    examples: ['millrace dlq show charge.dead-0-17'],
    load: async () => (await import('../dlq/show-letter.ts')).showLetter,
  })
  addLeaf(dlq, world, {
    name: 'redrive',
    summary: 'write the records of dead letters once more',
    details: redriveDetails,
    required: [lettersTopic()],
    options: [
      ...letterOptions(),
      new Option('--letter <id>', 'this one alone: charge.dead-0-17; may be repeated').argParser(gathered),
      new Option('--to <where>', 'where records go').choices(['lane', 'origin']).default('lane'),
      new Option('--max <count>', 'move so many at most').argParser(wholeNumber(1)),
      new Option('--max-redrives <count>', 'leave records that came back so often')
        .argParser(wholeNumber(1))
        .default(3),
      new Option('--rate <rate>', 'so many in a time: 100/s, 600/m').argParser(rate),
      new Option('--by <name>', 'who does it; USER@HOST where nothing is said'),
      new Option('--execute', 'do it'),
      new Option('--dry-run', 'do not (as without --execute)').conflicts('execute'),
    ],
    json: '{topic, executed, asked, moved, movedBefore, pastLimit, left, to: [{topic, records}], stuck: [{why, letters}], unreadable, isInterrupted}',
    examples: [
      'millrace dlq redrive --topic charge.dead --error TimeoutError --to origin',
      'millrace dlq redrive --topic charge.dead --letter charge.dead-0-17 --to origin --execute',
      'millrace dlq redrive --topic charge.dead --rate 100/s --execute',
    ],
    load: async () => (await import('../dlq/redrive-letters.ts')).redriveLetters,
  })
}
