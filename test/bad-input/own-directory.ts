import { connect, text, topic } from '../../src/index.ts'

/** Owns the directory that is named, writes a record to it, says so, and holds it until it is killed. */
const millrace = await connect(`file:${process.argv[2]}`)
await millrace.send(topic('lines', { key: text, value: text }), [{ key: 'k', value: 'written by the owner' }])
process.stdout.write('owned\n')
process.stdin.resume()
