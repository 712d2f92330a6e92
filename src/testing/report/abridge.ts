import { type Beat, isTurningPoint } from './beat.ts'
import { inOrder } from './beats.ts'
import { isClient } from './lives.ts'
import { shortenings, single, summary } from './shortenings.ts'
import type { StoryLine } from './story-line.ts'

/** What one scene tells about one thing. */
interface Strand {
  readonly beats: readonly Beat[]
  readonly lines: readonly StoryLine[]
  /** Which of the shortenings is in use. */
  readonly shortened: number
  /** How much rather this is told in short than others. */
  readonly weight: number
}

/** What happened between two turning points. */
type Scene = Strand[]

const shortest = shortenings.length - 1

/** Who leads what matters less to a story than what the application did. */
const leadershipWeight = 4

/**
 * The story in at most `linesMax` lines (at least 10), by telling in short what is told at length elsewhere: always
 * where most is saved first. Nothing goes without being counted.
 */
export const abridge = (beats: readonly Beat[], linesMax: number): readonly StoryLine[] => {
  let scenes = scenesOf(beats)
  let total = linesOf(scenes).length
  if (total > linesMax) {
    scenes = scenesOf(beats.filter(({ isImplied }) => isImplied !== true))
    total = linesOf(scenes).length
  }
  for (let longest = longestOf(scenes); total > linesMax && longest !== undefined; longest = longestOf(scenes)) {
    const { scene, index, strand } = longest
    const shorter = shorten(strand, strand.shortened + 1)
    scene[index] = shorter
    total += shorter.lines.length - strand.lines.length
  }
  // how it ended is worth more room than how it began
  for (const scene of scenes)
    if (total > linesMax && scene.length > 1) {
      total -= scene.length - 1
      inOneLine(scene)
    }
  return cut(linesOf(scenes), Math.max(10, linesMax))
}

const inOneLine = (scene: Scene): void => {
  const beats = scene.flatMap((strand) => strand.beats).sort(inOrder)
  scene.splice(0, scene.length, { beats, lines: [summary(beats)], shortened: shortest, weight: 0 })
}

const linesOf = (scenes: readonly Scene[]): readonly StoryLine[] =>
  scenes.flatMap((scene) => scene.flatMap(({ lines }) => lines).sort(inOrder))

const scenesOf = (beats: readonly Beat[]): Scene[] => {
  const scenes: Scene[] = []
  // until somebody uses the cluster, it comes up as ever
  const begins = beats.findIndex(({ about, who }) => about === 'process' && isClient(who))
  let between: Beat[] = []
  let isOver = false
  const close = (isPrologue: boolean) => {
    const strands = [...Map.groupBy(between, ({ about }) => about)].map(([about, its]) =>
      shorten(
        { beats: its, lines: [], shortened: 0, weight: about === 'leadership' ? leadershipWeight : 1 },
        isPrologue ? shortest : 0,
      ),
    )
    scenes.push(strands)
    // what follows what was violated is told to show that it went on
    if (isOver || (isPrologue && strands.length > 0)) inOneLine(strands)
    between = []
  }
  for (const [index, beat] of beats.entries()) {
    if (!isTurningPoint(beat) || (index < begins && beat.about === 'process')) {
      between.push(beat)
      continue
    }
    if (between.length > 0) close(index <= begins)
    isOver ||= beat.about === 'violation'
    scenes.push([{ beats: [beat], lines: [single(beat)], shortened: shortest, weight: 0 }])
  }
  if (between.length > 0) close(false)
  return scenes
}

const longestOf = (
  scenes: readonly Scene[],
): { readonly scene: Scene; readonly index: number; readonly strand: Strand } | undefined => {
  let longest: { readonly scene: Scene; readonly index: number; readonly strand: Strand } | undefined
  let most = 0
  for (const scene of scenes)
    for (const [index, strand] of scene.entries()) {
      const { shortened, lines, weight } = strand
      const length = (lines.length - 1) * weight
      if (shortened >= shortest || length <= most) continue
      most = length
      longest = { scene, index, strand }
    }
  return longest
}

const shorten = (strand: Strand, shortened: number): Strand => ({
  ...strand,
  shortened,
  lines: shortenings[shortened]?.(strand.beats) ?? strand.lines,
})

/** Where even the turning points are too many, those in the middle are counted. */
const cut = (lines: readonly StoryLine[], linesMax: number): readonly StoryLine[] => {
  if (lines.length <= linesMax) return lines
  const head = Math.floor(linesMax / 3)
  const tail = linesMax - head - 1
  const left = lines.slice(head, lines.length - tail)
  const beats = left.reduce((sum, line) => sum + line.beats, 0)
  const at = left[0]?.at ?? 0
  const middle: StoryLine = { at, about: 'process', who: '…', what: `${beats} things more happened here`, beats }
  return [...lines.slice(0, head), middle, ...lines.slice(-tail)]
}
