import { type Command, Option } from 'commander'
import { addGroup, addLeaf } from '../command-leaf.ts'
import { duration, gathered, moment, once, wholeNumber } from '../option-values.ts'
import type { World } from '../world.ts'

const drain = `TIME-TO-DRAIN is how long the lag will last: it is taken twice, --interval apart, and divided by how much it shrank
in between, per second. It is - where that is not known, because nothing was committed meanwhile, and 'growing'
where something was, and more was written.`

const resetDetails = `Says where the group would go on, and changes nothing until --execute. A group that has members is left alone: they
would not notice. An offset outside of a partition's records becomes its nearest end. A group that is not there yet
is made, so that what begins under its name begins there.`

/** Where to; one of them. */
const targets = (): readonly Option[] => {
  const options = {
    toEarliest: new Option('--to-earliest', 'to the oldest record'),
    toLatest: new Option('--to-latest', 'behind the newest record'),
    toCurrent: new Option('--to-current', 'to where it is, or the nearest end where that is gone'),
    toOffset: new Option('--to-offset <offset>', 'to this offset').argParser(wholeNumber(0)),
    toDatetime: new Option(
      '--to-datetime <time>',
      'to the first record at or after 2026-01-31T12:00:00 (UTC) or MS',
    ).argParser(moment),
    byDuration: new Option('--by-duration <duration>', 'to the first record of the last PT1H30M, or 1h30m').argParser(
      duration,
    ),
    shiftBy: new Option('--shift-by <count>', 'so many on, or back where it is negative').argParser(
      wholeNumber(Number.MIN_SAFE_INTEGER),
    ),
  }
  const names = Object.keys(options)
  return Object.entries(options).map(([name, option]) => option.conflicts(names.filter((other) => other !== name)))
}

/** `millrace groups …` */
export const addGroupsCommands = (program: Command, world: World): void => {
  const groups = addGroup(program, {
    name: 'groups',
    summary: 'list, describe, reset and delete consumer groups',
    about: 'Looks after consumer groups. A pipeline is the group of its name.',
    examples: ['millrace groups describe --group billing'],
  })
  addLeaf(groups, world, {
    name: 'list',
    summary: 'list the groups',
    options: [],
    json: '[{group, state, members}]',
    examples: ['millrace groups list'],
    load: async () => (await import('../groups/list-groups.ts')).listGroups,
  })
  addLeaf(groups, world, {
    name: 'describe',
    summary: 'show where groups have come to, and how far they are behind',
    details: drain,
    options: [
      new Option('--group <group>', 'which; may be repeated; all where none is named').argParser(gathered),
      new Option('--interval <ms>', 'between the two looks; 0 looks once').argParser(wholeNumber(0)).default(1_000),
    ],
    json: '[{group, state, assignor, members: [{memberId, partitions}], partitions: [{topic, partition, currentOffset, logEndOffset, lag, timeToDrainMs, memberId}]}]',
    examples: ['millrace groups describe --group billing'],
    load: async () => (await import('../groups/describe-groups.ts')).describeGroups,
  })
  addLeaf(groups, world, {
    name: 'reset',
    summary: 'move a group to other offsets',
    details: resetDetails,
    required: [new Option('--group <group>', 'which').argParser(once)],
    options: [
      new Option('--topic <topic[:partitions]>', 'of this topic: orders, or orders:0,2; may be repeated')
        .argParser(gathered)
        .conflicts('allTopics'),
      new Option('--all-topics', 'of all topics that it has committed to'),
      ...targets(),
      new Option('--execute', 'do it'),
      new Option('--dry-run', 'do not (as without --execute)').conflicts('execute'),
    ],
    json: '{group, executed, partitions: [{topic, partition, currentOffset, newOffset}]}',
    examples: [
      'millrace groups reset --group billing --topic orders --to-earliest',
      'millrace groups reset --group billing --all-topics --by-duration PT2H --execute',
    ],
    load: async () => (await import('../groups/reset-group.ts')).resetGroup,
  })
  addLeaf(groups, world, {
    name: 'delete',
    summary: 'forget groups that have no members, and their offsets',
    required: [new Option('--group <group>', 'which; may be repeated').argParser(gathered)],
    options: [],
    json: '{deleted: [group]}',
    examples: ['millrace groups delete --group audit'],
    load: async () => (await import('../groups/delete-groups.ts')).deleteGroups,
  })
}
