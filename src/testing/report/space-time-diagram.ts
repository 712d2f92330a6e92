import type { Outcome } from '../simulation/plan.ts'
import { diagramData } from './diagram-data.ts'
import { diagramScript } from './diagram-script.ts'
import { diagramStyle } from './diagram-style.ts'
import { escapeHtml, scriptJson } from './html.ts'
import { type MessageKind, messageKinds, messagesOf } from './messages.ts'
import { story } from './story.ts'
import { virtualTime } from './virtual-time.ts'

export interface DiagramOptions {
  /** Default: `A simulated run`. */
  readonly title?: string
  readonly seed?: number
  /** The line with which the run can be made again. */
  readonly replay?: string
}

/** There are many of these, and they rarely matter: not shown at first. */
const quietKinds: ReadonlySet<MessageKind> = new Set(['replication', 'heartbeats', 'metadata'])

/**
 * A run as a picture to look into: an HTML page that needs nothing else, and no network. Processes are lines, messages
 * arrows between them, faults bands; with filters, zoom and what happened in words.
 *
 * **Errors** none: a run whose trace was not kept is a page that says so.
 */
export const spaceTimeDiagram = (outcome: Outcome, options: DiagramOptions = {}): string => {
  const { title = 'A simulated run' } = options
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${diagramStyle}</style>
</head>
<body>
<header>
<h1>${escapeHtml(title)}</h1>
${verdict(outcome)}
${facts(outcome, options)}
</header>
<main>
${outcome.trace.length === 0 ? '<p>Nothing was kept of what happened: make the run again with its trace.</p>' : drawing(outcome)}
</main>
<script type="application/json" id="run">${scriptJson(diagramData(outcome))}</script>
<script>${diagramScript}</script>
</body>
</html>
`
}

const verdict = ({ violations }: Outcome): string =>
  violations.length === 0
    ? '<p class="kept">Every promise was kept.</p>'
    : `<ul class="violations" aria-label="What was promised and not kept">${violations
        .slice(0, 20)
        .map(({ kind, message }) => `<li><strong>${escapeHtml(kind)}</strong><pre>${escapeHtml(message)}</pre></li>`)
        .join('')}</ul>`

const facts = ({ hash, steps, virtualMs, trace }: Outcome, { seed, replay }: DiagramOptions): string => {
  const facts: readonly (readonly [string, string])[] = [
    ...(seed === undefined ? [] : [['seed', String(seed)] as const]),
    ['virtual time', virtualTime(virtualMs)],
    ['steps', String(steps)],
    ['messages', String(messagesOf(trace).length)],
    ['trace', hash],
  ]
  const list = facts.map(([name, value]) => `<div><dt>${name}</dt><dd>${escapeHtml(value)}</dd></div>`).join('')
  const again =
    replay === undefined
      ? ''
      : `<p class="replay"><label for="replay">replay</label><input id="replay" readonly value="${escapeHtml(replay)}"><button type="button" id="copy">Copy</button></p>`
  return `<dl>${list}</dl>${again}`
}

const drawing = (outcome: Outcome): string => {
  const messages = messagesOf(outcome.trace)
  const filters = messageKinds
    // where brokers write to, nobody tells
    .filter((kind) => kind !== 'disk' || messages.some((message) => message.kind === kind))
    .map((kind) => {
      const count = messages.filter((message) => message.kind === kind).length
      const checked = quietKinds.has(kind) ? '' : ' checked'
      return `<label class="kind ${kind}"><input type="checkbox" value="${kind}"${checked}>${kind} <span>${count}</span></label>`
    })
    .join('')
  return `<div class="tools">
<fieldset id="kinds"><legend>Messages</legend>${filters}<label><input type="checkbox" id="answers" checked>answers</label></fieldset>
<fieldset class="zoom"><legend>Time</legend><button type="button" id="in" aria-label="Zoom in">+</button><button type="button" id="out" aria-label="Zoom out">−</button><button type="button" id="whole">Whole run</button><label><input type="checkbox" id="pauses" checked>shorten pauses</label><output id="range"></output></fieldset>
</div>
<svg id="overview" role="img" aria-label="Messages over the whole run; drag over it to choose what is shown below"></svg>
<div class="stage"><svg id="diagram" tabindex="0" role="img" aria-label="Processes as lines over time, messages as arrows between them. Arrow keys move, plus and minus zoom, 0 shows everything. The list below says the same in words."></svg></div>
<p class="legend"><span class="lost">✕ lost</span> <span class="doubled">heard a second time</span> <span class="unheard">nobody there to hear it</span> <span>Drag to zoom in, double-click to zoom out, Shift and wheel to move.</span></p>
<section aria-labelledby="told"><h2 id="told">What happened <span id="count"></span></h2>
<fieldset id="subjects"><legend>About</legend></fieldset>
<ol id="story"></ol></section>
<details><summary>The story in short, as text</summary><pre>${escapeHtml(story(outcome).join('\n'))}</pre></details>
<div id="tip" role="tooltip" hidden></div>`
}
