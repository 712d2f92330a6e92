import { ownerLock } from '../../../src/engines/embedded/owner-lock.ts'
import { diskStorage } from '../../../src/log/disk-storage.ts'

/** Takes the lock of the directory that is named, says so, and holds it until it is killed. */
const path = process.argv[2] ?? ''
const lock = ownerLock({ path, storage: diskStorage(path), pid: process.pid })()
process.stdout.write(lock._tag === 'Right' ? 'locked\n' : `${lock.left.message}\n`)
process.stdin.resume()
