import { Option } from 'commander'
import { fieldFormats } from '../field-formats.ts'

/** How keys and values are written down. */
export const formatOptions = (): readonly Option[] => [
  new Option('--key-format <format>', 'how keys are written').choices(fieldFormats).default('text'),
  new Option('--value-format <format>', 'how values are written').choices(fieldFormats).default('text'),
]
