const action = 'is a command of its own here, as in: millrace topics create, millrace groups describe'
const property = 'say --key-separator, --header, --null-marker or --jsonl to produce, and --format or --json to consume'
const oneTopic = 'name one topic, with --topic'
const client = 'there is no client to configure: leave it out'

/** What Kafka's own tools take under another name, or that has no meaning here. */
const hints: Readonly<Record<string, string>> = {
  '--bootstrap-server': 'say --url file:./data',
  '--broker-list': 'say --url file:./data',
  '--zookeeper': 'say --url file:./data',
  '--replication-factor': 'a directory is one copy: leave it out',
  '--property': property,
  '--reader-property': property,
  '--formatter-property': property,
  '--create': action,
  '--list': action,
  '--describe': action,
  '--alter': action,
  '--delete': action,
  '--reset-offsets': 'is a command of its own here: millrace groups reset',
  '--export': 'say --json',
  '--delete-config': 'is for a topic that is there: millrace topics alter --topic NAME --delete-config SETTING',
  '--exclude-internal': "topics list and describe leave the engine's own topics out: --internal shows them",
  '--whitelist': oneTopic,
  '--include': oneTopic,
  '--all-groups': 'groups describe shows all of them where none is named; reset and delete want theirs named',
  '--members': 'groups describe shows who has which partition; --json shows all members',
  '--state': 'groups describe shows it; groups list --json shows that of all groups',
  '--from-file': 'reset each partition by a command of its own: --topic NAME:PARTITION --to-offset OFFSET',
  '--key-deserializer': 'say --key-format',
  '--value-deserializer': 'say --value-format',
  '--formatter': 'say --format or --json, and --key-format or --value-format',
  '--producer-property': client,
  '--consumer-property': client,
  '--producer.config': client,
  '--consumer.config': client,
  '--command-config': client,
}

/** A line for somebody who knows Kafka's tools, where commander's complaint is of one of their flags; else nothing. */
export const hintFor = (complaint: string): string => {
  const flag = /^error: unknown option '([^'=]+)/.exec(complaint)?.[1]
  if (flag !== undefined && Object.hasOwn(hints, flag)) return `(${flag}: ${hints[flag]})\n`
  return complaint.startsWith('error: too many arguments') && complaint.includes('Expected 0')
    ? '(names go behind a flag: --topic NAME, --group NAME, --delayed NAME)\n'
    : ''
}
