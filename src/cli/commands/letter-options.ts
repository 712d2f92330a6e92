import { Option } from 'commander'
import { fieldFormats } from '../field-formats.ts'
import { moment, once } from '../option-values.ts'

/** Where the letters are. */
export const lettersTopic = (): Option => new Option('--topic <topic>', 'the topic of dead letters').argParser(once)

/** Which letters are meant; all of what is said must be so. */
export const letterOptions = (): readonly Option[] => [
  new Option('--pipeline <pipeline>', 'given up by this one'),
  new Option('--error <class>', 'for an error of this class: CardRefused'),
  new Option('--reason <text>', 'whose reason has this text in it'),
  new Option('--origin <topic>', 'of records that were read in this topic'),
  new Option('--key <key>', 'of records with this key'),
  new Option('--key-format <format>', 'how keys are written').choices(fieldFormats).default('text'),
  new Option('--since <time>', 'given up at or after 2026-01-31T12:00:00 (UTC) or MS').argParser(moment),
  new Option('--before <time>', 'given up before that').argParser(moment),
]
