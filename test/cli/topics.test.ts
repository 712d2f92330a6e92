import { describe, expect, it } from 'vitest'
import { inDirectory } from '../support/cli-world.ts'

describe('millrace topics create', () => {
  it('says what may be done with a topic that is there, and leaves it as it is', async () => {
    const millrace = inDirectory()
    await millrace('topics create --topic orders --partitions 2')
    const { code, stdout, stderr } = await millrace('topics create --topic orders --partitions 3')
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain("there is a topic 'orders' already, with 2 partitions: --if-not-exists is content with it")
    const again = await millrace('topics create --topic orders --partitions 3 --if-not-exists')
    expect(again).toMatchObject({ code: 0, stderr: 'topic orders is there already, with 2 partitions\n' })
  })
})
