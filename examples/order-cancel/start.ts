import { parseArgs } from 'node:util'
import { onRealClock } from './on-real-clock.ts'
import { onVirtualClock } from './on-virtual-clock.ts'
import { percentile, type Verdict } from './verdict.ts'

const usage = `Orders that are not paid in time are cancelled, paid ones never.

  npm run example -- order-cancel [options]

  --orders N   orders on a virtual clock, 30 minutes each (100000)
  --real N     orders on a real clock, 2 seconds each (100)
  --kills N    how often the process is killed with SIGKILL meanwhile (3)
  --json       print the result as one line of JSON at the end
  --help       print this

Exits 1 if an order was cancelled wrongly, missed, cancelled twice, or timed out early.`

const refuse = (message: string): never => {
  console.error(`${message}\n\n${usage}`)
  return process.exit(2)
}

const readArgs = () => {
  try {
    return parseArgs({
      args: process.argv.slice(3),
      options: {
        orders: { type: 'string', default: '100000' },
        real: { type: 'string', default: '100' },
        kills: { type: 'string', default: '3' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

const { values } = readArgs()

const whole = (option: 'orders' | 'real' | 'kills'): number => {
  const number = Number(values[option])
  if (Number.isInteger(number) && number >= 0 && values[option].trim() !== '') return number
  return refuse(`--${option} takes a whole number, and not '${values[option]}'`)
}

const faults = (v: Verdict): number => v.wronglyCancelled + v.missed + v.doubled + v.early

const say = (where: string, v: Verdict): void =>
  console.log(
    `${where}: ${v.orders} orders, ${v.paid} paid, ${v.cancelled} cancelled; ${v.wronglyCancelled} wrongly, ` +
      `${v.missed} missed, ${v.doubled} twice, ${v.early} early`,
  )

const main = async (): Promise<number> => {
  const wanted = { orders: whole('orders'), real: whole('real'), kills: whole('kills') }
  const begin = performance.now()
  const virtual = await onVirtualClock(wanted.orders)
  say(`on a virtual clock, in ${Math.round(performance.now() - begin) / 1000} s`, virtual)
  const { verdict: real, kills } = await onRealClock(wanted.real, wanted.kills)
  say(`on a real clock, killed ${kills} times`, real)
  const [latenessP50Ms, latenessP99Ms] = [0.5, 0.99].map((share) => percentile(real.latenessMs, share))
  console.log(`timeouts were late by ${latenessP50Ms} ms in the middle, ${latenessP99Ms} ms at the 99th percentile`)
  const sum = (field: Exclude<keyof Verdict, 'latenessMs'>): number => virtual[field] + real[field]
  const result = {
    orders: sum('orders'),
    paid: sum('paid'),
    cancelled: sum('cancelled'),
    wronglyCancelled: sum('wronglyCancelled'),
    missed: sum('missed'),
    doubled: sum('doubled'),
    early: sum('early'),
    latenessP50Ms,
    latenessP99Ms,
    kills,
  }
  if (values.json) console.log(JSON.stringify(result))
  return faults(virtual) + faults(real) === 0 ? 0 : 1
}

if (values.help) console.log(usage)
else process.exitCode = await main()
