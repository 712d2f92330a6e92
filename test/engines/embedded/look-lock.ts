import { isOwned } from '../../../src/engines/embedded/owner-lock.ts'
import { diskStorage } from '../../../src/log/disk-storage.ts'

/** Says so, and asks without a pause whether the directory that is named is owned, until it is killed. */
const path = process.argv[2] ?? ''
const storage = diskStorage(path)
process.stdout.write('looking\n', () => {
  for (;;) isOwned({ path, storage })
})
