import { Script } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { diagramData } from '../../../src/testing/report/diagram-data.ts'
import { diagramScript } from '../../../src/testing/report/diagram-script.ts'
import { spaceTimeDiagram } from '../../../src/testing/report/space-time-diagram.ts'
import { doubledBatch, happened, message, outcomeOf } from './traces.ts'

const dataIn = (page: string): unknown => {
  const [, json] = /<script type="application\/json" id="run">(.*?)<\/script>/s.exec(page) ?? []
  return JSON.parse(json ?? '')
}

const nasty = `</script><img src=x onerror="alert('&')">\u2028`

describe('spaceTimeDiagram', () => {
  it('holds all of the run, and needs nothing else', () => {
    const page = spaceTimeDiagram(doubledBatch, { title: 'sums', seed: 7, replay: 'mr1:abc' })
    expect(dataIn(page)).toEqual(diagramData(doubledBatch))
    expect(page).toContain('value="mr1:abc"')
    expect(page).not.toMatch(/https?:|<link|<img|@import|url\(|\bsrc=/)
  })

  it('takes no name, text or title for markup', () => {
    const trace = [
      happened(1, nasty, 'starts'),
      happened(2, nasty, nasty, 'records'),
      ...message(0, 3, { from: nasty, to: nasty, what: nasty, detail: nasty }),
      { _tag: 'fault', at: 4, what: nasty, processes: [nasty], until: 5 } as const,
      { _tag: 'violated', at: 6, what: nasty } as const,
    ]
    const outcome = outcomeOf(trace, [{ kind: nasty, message: nasty, atMs: 6 }])
    const page = spaceTimeDiagram(outcome, { title: nasty, replay: nasty })
    expect(page).not.toContain('<img')
    expect(page.match(/<\/script>/g)).toHaveLength(2)
    expect(dataIn(page)).toEqual(diagramData(outcome))
  })

  it('is drawn by a script that can be read, and that cannot end its element', () => {
    expect(() => new Script(diagramScript)).not.toThrow()
    expect(diagramScript).not.toContain('</script')
    expect(diagramScript).not.toContain('<!--')
  })

  it('hides heartbeats, replication and metadata at first', () => {
    const page = spaceTimeDiagram(doubledBatch)
    const shown = [...page.matchAll(/value="(\w+)" checked/g)].map(([, kind]) => kind)
    expect(shown).toEqual(['records', 'reads', 'transactions', 'groups'])
  })

  it('names what it shows for those who do not see it', () => {
    const page = spaceTimeDiagram(doubledBatch)
    expect(page.match(/<svg[^>]*role="img" aria-label="[^"]{20,}"/g)).toHaveLength(2)
    expect(page).toContain('lang="en"')
  })

  it('grows by a few hundred bytes a message at most', () => {
    const page = (messages: number) =>
      spaceTimeDiagram(
        outcomeOf(
          Array.from({ length: messages }, (_, at) =>
            message(at, at, { from: 'app-1', to: 'broker-0', what: 'fetch', detail: 'a-0 at 12, a-1 at 7' }),
          ).flat(),
        ),
      ).length
    expect((page(5_000) - page(1_000)) / 4_000).toBeLessThan(200)
  })

  it('says so where nothing was kept', () => {
    expect(spaceTimeDiagram(outcomeOf([]))).toContain('Nothing was kept of what happened')
  })
})
