import { spawn } from 'node:child_process'
import * as nodeCrypto from 'node:crypto'
import * as dns from 'node:dns/promises'
import * as fs from 'node:fs'
import * as fsPromises from 'node:fs/promises'
import * as http from 'node:http'
import { createRequire } from 'node:module'
import * as net from 'node:net'
import { Worker } from 'node:worker_threads'
import * as zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { live } from './one-life.ts'

const calls: Readonly<Record<string, () => unknown>> = {
  fetch: () => fetch('http://localhost'),
  WebSocket: () => new WebSocket('ws://localhost'),
  'fs.readFileSync': () => fs.readFileSync('package.json'),
  'fs.createReadStream': () => fs.createReadStream('package.json'),
  'fs/promises.readFile': () => fsPromises.readFile('package.json'),
  'net.connect': () => net.connect(1),
  'net.Socket': () => new net.Socket(),
  'http.get': () => http.get('http://localhost'),
  'dns/promises.lookup': () => dns.lookup('localhost'),
  'child_process.spawn': () => spawn('true'),
  'worker_threads.Worker': () => new Worker(''),
  'zlib.gzip': () => zlib.gzip('a', () => {}),
  'crypto.scrypt': () => nodeCrypto.scrypt('a', 'b', 8, () => {}),
  'crypto.subtle.digest': () => crypto.subtle.digest('SHA-256', new Uint8Array()),
}

describe('what is outside of a simulated life', () => {
  it.each(Object.entries(calls))('%s is refused by its name', async (name, call) => {
    const { crashes, refusals } = await live(async () => void (await call()))
    expect(refusals).toEqual([name])
    expect(crashes).toMatchObject([{ _tag: 'OutsideWorld', called: name }])
    expect(String(crashes[0])).toContain(`${name} was called in a simulated run: `)
  })

  it('is told also where the refusal is caught', async () => {
    const { crashes, refusals } = await live(async () => {
      try {
        await fetch('http://localhost')
      } catch {}
    })
    expect(crashes).toEqual([])
    expect(refusals).toEqual(['fetch'])
  })

  it('does not hold for what comes of memory alone', async () => {
    const { crashes, refusals } = await live(() => {
      zlib.gunzipSync(zlib.gzipSync('a'))
      nodeCrypto.createHash('sha256').update('a').digest('hex')
      net.isIP('::1')
      // Node loads modules and prints by itself
      createRequire(import.meta.url)('rxjs/ajax')
      console.debug('')
    })
    expect(refusals).toEqual([])
    expect(crashes).toEqual([])
  })

  it('is there for everybody else meanwhile', async () => {
    let read: Promise<string> | undefined
    await live(() => {}, [[5, () => void (read = fsPromises.readFile('package.json', 'utf8'))]])
    expect(await read).toContain('"millrace"')
  })
})
