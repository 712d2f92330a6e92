import { execFile, spawn } from 'node:child_process'
import * as nodeCrypto from 'node:crypto'
import * as dns from 'node:dns/promises'
import { EventEmitter } from 'node:events'
import * as fs from 'node:fs'
import * as fsPromises from 'node:fs/promises'
import * as http from 'node:http'
import { createRequire } from 'node:module'
import * as net from 'node:net'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import * as zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { live } from './one-life.ts'

const takenTimeout = setTimeout
const takenInterval = setInterval
const takenReadFile = fs.readFile
const takenSleep = createRequire(import.meta.url)('node:timers/promises').setTimeout as (ms: number) => Promise<void>

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
  'zlib.createGzip': () => zlib.createGzip(),
  CompressionStream: () => new CompressionStream('gzip'),
  'crypto.generateKeySync': () => nodeCrypto.generateKeySync('hmac', { length: 64 }),
  'Atomics.waitAsync': () => Reflect.get(Atomics, 'waitAsync')(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30),
  'WebAssembly.compile': () => Reflect.get(globalThis, 'WebAssembly').compile(new Uint8Array()),
  'process.abort': () => process.abort(),
  'crypto.subtle.digest': () => crypto.subtle.digest('SHA-256', new Uint8Array()),
}

describe('what is outside of a simulated life', () => {
  it.each(Object.entries(calls))('%s is refused by its name', async (name, call) => {
    const { crashes, refusals } = await live(async () => void (await call()))
    expect(refusals).toEqual([name])
    expect(crashes).toMatchObject([{ _tag: 'OutsideWorld', called: name }])
    expect(String(crashes[0])).toContain(`${name} was called in a simulated run: `)
  })

  it('is refused where Node itself hands the call on', async () => {
    const calls = [
      () => promisify(fs.readFile)('package.json'),
      () => process.nextTick(fs.readFile, 'package.json', () => {}),
      () => new EventEmitter().on('now', fs.readFileSync).emit('now', 'package.json'),
    ]
    const names: string[] = []
    for (const call of calls) names.push(...(await live(async () => call())).refusals)
    expect(names).toEqual(['fs.readFile', 'fs.readFile', 'fs.readFileSync'])
  })

  it.each<readonly [string, () => unknown]>([
    ['setTimeout', () => takenTimeout(() => {}, 0)],
    ['setInterval', () => clearInterval(takenInterval(() => {}, 60_000))],
    ['setTimeout', () => takenSleep(0)],
    ['fs', () => takenReadFile('package.json', () => {})],
    ['child_process', () => promisify(execFile)('true')],
  ])('%s is told with where it was called, when it was taken before the run', async (name, call) => {
    const { refusals } = await live(async () => call())
    expect(refusals[0]).toMatch(new RegExp(`^${name}, the real one, at .*refusals\\.test\\.ts:\\d+$`))
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
    const { crashes, refusals } = await live(async () => {
      zlib.gunzipSync(zlib.gzipSync('a'))
      nodeCrypto.createHash('sha256').update('a').digest('hex')
      net.isIP('::1')
      // Node loads modules and prints by itself
      await import('node:string_decoder')
      await import('rxjs/webSocket')
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
