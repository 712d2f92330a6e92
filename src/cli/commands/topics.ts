import { type Command, Option } from 'commander'
import { addGroup, addLeaf } from '../command-leaf.ts'
import { gathered, once, settings, wholeNumber } from '../option-values.ts'
import type { World } from '../world.ts'

const topic = (): Option => new Option('--topic <topic>', 'its name').argParser(once)
const config = (): Option =>
  new Option('--config <name=value>', "a setting, under Kafka's name; may be repeated").argParser(settings)

/** `millrace topics …` */
export const addTopicsCommands = (program: Command, world: World): void => {
  const topics = addGroup(program, {
    name: 'topics',
    summary: 'create, list, describe, alter and delete topics',
    about: 'Looks after topics.',
    examples: ['millrace topics create --topic orders --partitions 4', 'millrace topics describe --topic orders'],
  })
  addLeaf(topics, world, {
    name: 'create',
    summary: 'create a topic, and the directory where there is none',
    required: [topic()],
    options: [
      new Option('--partitions <count>', 'how many partitions').argParser(wholeNumber(1)).default(1),
      config(),
      new Option('--if-not-exists', 'be content with a topic that is there, as it is'),
    ],
    json: '{topic, id, partitions, config, created}',
    examples: ['millrace topics create --topic orders --partitions 4 --config retention.ms=-1'],
    load: async () => (await import('../topics/create-topic.ts')).createTopic,
  })
  addLeaf(topics, world, {
    name: 'list',
    summary: 'list the topics',
    options: [new Option('--internal', "the engine's own too, as __consumer_offsets")],
    json: '[{topic, id, partitions, internal}]',
    examples: ['millrace topics list'],
    load: async () => (await import('../topics/list-topics.ts')).listTopics,
  })
  addLeaf(topics, world, {
    name: 'describe',
    summary: "show topics' settings, and where their partitions begin and end",
    options: [
      new Option('--topic <topic>', 'which; may be repeated; all where none is named').argParser(gathered),
      new Option('--internal', "the engine's own too"),
    ],
    json: '[{topic, id, internal, config, partitions: [{partition, logStartOffset, lastStableOffset, logEndOffset}]}]',
    examples: ['millrace topics describe --topic orders'],
    load: async () => (await import('../topics/describe-topics.ts')).describeTopics,
  })
  addLeaf(topics, world, {
    name: 'alter',
    summary: 'add partitions to a topic, or change its settings',
    details:
      'Records stay where they are, and keys hash to other partitions from then on: later records of a key may\nlie elsewhere than its earlier ones, and be read before them.',
    required: [topic()],
    options: [
      new Option('--partitions <count>', 'grow to so many').argParser(wholeNumber(1)),
      new Option('--keys-may-move', 'grow, though keys then move to other partitions'),
      config(),
      new Option('--delete-config <name>', 'let its default hold again; may be repeated').argParser(gathered),
    ],
    json: '{topic, id, partitions, config}',
    examples: [
      'millrace topics alter --topic orders --config retention.ms=604800000',
      'millrace topics alter --topic orders --delete-config retention.ms',
      'millrace topics alter --topic orders --partitions 8 --keys-may-move',
    ],
    load: async () => (await import('../topics/alter-topic.ts')).alterTopic,
  })
  addLeaf(topics, world, {
    name: 'delete',
    summary: 'delete topics with all their records',
    required: [new Option('--topic <topic>', 'which; may be repeated').argParser(gathered)],
    options: [new Option('--if-exists', 'be content where there is none')],
    json: '{deleted: [topic]}',
    examples: ['millrace topics delete --topic orders'],
    load: async () => (await import('../topics/delete-topics.ts')).deleteTopics,
  })
}
