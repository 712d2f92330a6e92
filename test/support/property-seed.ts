import * as fc from 'fast-check'

const asked = process.env['MILLRACE_SEED']

// one seed for all: what a run says of a change is about the change
if (asked !== 'random') {
  const seed = Number(asked ?? 1)
  if (!Number.isInteger(seed)) throw new Error(`MILLRACE_SEED=${asked} is neither a whole number nor 'random'`)
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed })
}
