import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gradualFaults, presets } from '../../src/engines/simulated/faults/fault.ts'
import { faultNames } from '../../src/engines/simulated/faults/nemesis.ts'
import { checkFaults } from '../../src/testing/check-faults.ts'
import { askedFaults, type FaultIntensities, type Faults, presetsOf } from '../../src/testing/faults.ts'

const name = fc.constantFrom(...faultNames)
const preset = fc.constantFrom('calm', 'rough', 'jepsen')
const times = fc.nat({ max: 100 })

const intensities: fc.Arbitrary<FaultIntensities> = fc.dictionary(name, fc.oneof(times, fc.record({ times })))

const { faults } = fc.letrec<{ faults: Faults; list: Faults[] }>((tie) => ({
  faults: fc.oneof({ depthSize: 'small' }, name, preset, intensities, tie('list')) as fc.Arbitrary<Faults>,
  list: fc.array(tie('faults'), { maxLength: 3 }) as fc.Arbitrary<Faults[]>,
}))

const cluster = presetsOf('cluster')
const asked = (given: Faults) => Object.fromEntries(askedFaults(given, cluster))

describe('what faults are composed of', () => {
  it('is each preset, each name and each intensity, the last of a name', () => {
    expect(asked('calm')).toEqual({})
    expect(Object.keys(asked('rough'))).toEqual(presets.rough)
    expect(asked(['zombie', 'loss'])).toEqual({ zombie: {}, loss: {} })
    expect(asked({ 'disk-full': 2, loss: { severity: 1 } })).toEqual({
      'disk-full': { times: 2 },
      loss: { severity: 1 },
    })
    expect(asked([{ loss: 3 }, 'loss'])).toEqual({ loss: {} })
    expect(asked(['jepsen', { 'clock-step': 0, 'disk-full': 2 }])).toEqual({
      ...Object.fromEntries(presets.jepsen.filter((one) => one !== 'clock-step').map((one) => [one, {}])),
      'disk-full': { times: 2 },
    })
  })

  it('is of a preset what its engine can bear', () => {
    expect([...askedFaults(['rough', 'disk-full'], presetsOf('embedded')).keys()]).toEqual([
      'process-crash',
      'power-loss',
      'disk-full',
    ])
  })

  it('is the same however it is nested, and makes sense', () => {
    fc.assert(
      fc.property(fc.array(faults, { maxLength: 4 }), (list) => {
        checkFaults('it', list)
        expect(asked([list])).toEqual(asked(list))
        expect(asked([list, list])).toEqual(asked(list))
        expect(asked([list, 'loss']).loss).toEqual({})
        expect(asked([list, { loss: 0 }])).not.toHaveProperty('loss')
      }),
    )
  })
})

describe('faults that make no sense', () => {
  it.each([
    [7, /faults are a preset, or a list of faults by name, or \{ name: intensity \}, and not 7/],
    [null, /and not null/],
    ['zombi', /there is no fault 'zombi'.*: did you mean zombie\?/],
    [['rough', ['zombie', 'partitoin']], /there is no fault 'partitoin'.*: did you mean partition\?/],
    [{ partitoin: 1 }, /there is no fault 'partitoin'/],
    [{ jepsen: 3 }, /'jepsen' is a preset, .*: write faults: \['jepsen', \{ … \}\]/],
    [{ loss: -1 }, /faults: loss: times is a whole number of at least 0, and not -1/],
    [{ loss: '3' }, /faults: loss: times is a whole number of at least 0, and not "3", which is text/],
    [{ loss: [1, 2] }, /faults: loss: times is a whole number/],
    [{ loss: null }, /faults: loss: times is a whole number of at least 0, and not null/],
    [{ loss: { times: 1.5 } }, /faults: loss: times is a whole number/],
    [{ loss: 101 }, /faults: loss: times is at most 100, and not 101/],
    [{ loss: { severty: 1 } }, /faults: loss: there is no option 'severty'; .*did you mean severity\?/],
    [{ loss: { severity: 1.1 } }, /faults: loss: severity is a number from 0 to 1, or \[least, most\], and not 1\.1/],
    [{ loss: { severity: [0.8, 0.2] } }, /severity: \[least, most\] are two in this order, and not \[0\.8,0\.2\]/],
    [{ loss: { severity: [0.1, 0.2, 0.3] } }, /severity: \[least, most\] are two in this order/],
    [{ loss: { severity: [] } }, /severity is a number from 0 to 1, or \[least, most\], and not undefined/],
    [{ loss: { severity: Number.NaN } }, /severity is a number from 0 to 1, .* and not NaN/],
    [
      { zombie: { severity: 1 } },
      /faults: zombie has no severity: it happens, or it does not\. More or less bad are delay, /,
    ],
    [{ zombie: { forMs: 0 } }, /faults: zombie: forMs is a whole number of milliseconds, at least 1, .* and not 0/],
    [{ zombie: { forMs: '5s' } }, /faults: zombie: forMs is a whole number of milliseconds, .* and not "5s"/],
    [{ zombie: { forMs: [5_000, 1_000] } }, /forMs: \[least, most\] are two in this order, and not \[5000,1000\]/],
    [
      { 'near-wrap': { forMs: 5 } },
      /faults: near-wrap has no forMs: numbers are near their ends from the beginning on/,
    ],
  ])('are refused by name: %j', (wrong, message) => {
    expect(() => checkFaults('it', wrong)).toThrow(message)
    expect(() => checkFaults('it', [wrong])).toThrow(TypeError)
  })

  it('have a severity exactly where something follows from it', () => {
    for (const one of faultNames) {
      const check = () => checkFaults('it', { [one]: { severity: 0.5 } })
      if ((gradualFaults as readonly string[]).includes(one)) check()
      else expect(check).toThrow(/has no severity/)
    }
  })
})
