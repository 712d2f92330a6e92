import { nodeComplaint } from './node-version.ts'

// first in each entry of the package: what a Node that is too old fails with later says nothing of it
const complaint = nodeComplaint(process.versions.node)
if (complaint !== undefined) throw new Error(`millrace: ${complaint}`)
