/** What draws a diagram in the reader's browser, from the data in its page. Plain JavaScript; all text is set as text or escaped. */
export const diagramScript = `
'use strict';
(() => {
  const run = JSON.parse(document.getElementById('run').textContent);
  const $ = (id) => document.getElementById(id);
  const copy = $('copy');
  if (copy) copy.onclick = async () => {
    $('replay').select();
    try { await navigator.clipboard.writeText($('replay').value); } catch { document.execCommand('copy'); }
    copy.textContent = 'Copied';
  };
  const svg = $('diagram');
  if (!svg) return;
  const { processes, lives, kinds, messages, faults, beats, endMs, beginMs } = run;
  const gutter = 112, right = 14, laneGap = processes.length > 10 ? 56 : 78;
  const whole = [0, Math.max(endMs, 1)];
  const subjects = [...new Set(beats.map(([about]) => about))];
  const hidden = new Set();
  let range = [Math.max(0, Math.min(beginMs - 10, whole[1])), whole[1]];
  const asked = /^#([0-9.]+)-([0-9.]+)$/.exec(location.hash);
  if (asked && +asked[2] > +asked[1]) range = [Math.min(+asked[1], whole[1] - 0.5), Math.min(+asked[2], whole[1])];
  let cursor;
  const esc = (text) => String(text).replace(/[&<>"']/g, (c) => '&#' + c.charCodeAt(0) + ';');
  const time = (ms, digits) => ms < 1000 ? +ms.toFixed(2) + ' ms' : (ms / 1000).toFixed(digits ?? 4) + ' s';
  const n = (value) => Math.round(value * 10) / 10;
  const shownKinds = () => new Set([...document.querySelectorAll('#kinds input[value]:checked')].filter((one) => one.id !== 'answers').map((one) => kinds.indexOf(one.value)));
  const isAnswer = (message) => message[3].endsWith(': answer');
  const lastOf = ([, , , , , sent, arrivals]) => arrivals.length ? Math.max(...arrivals) : sent + 0.5;

  // faults that last at the same time stand in rows below one another
  const rows = [];
  const faultRow = faults.map(([, at, until]) => {
    let row = rows.findIndex((end) => end <= at);
    if (row < 0) row = rows.push(0) - 1;
    rows[row] = Math.max(until, at + (whole[1] - whole[0]) * 0.02);
    return row;
  });
  const faultTop = 30, faultHeight = 19;
  const top = faultTop + rows.length * faultHeight + 40;
  const laneY = (lane) => top + lane * laneGap;
  const height = top + (processes.length - 1) * laneGap + 44;

  const nice = (span, count) => {
    const raw = span / count, power = 10 ** Math.floor(Math.log10(raw));
    return power * [1, 2, 5, 10].find((step) => step * power >= raw);
  };

  // Where pauses are shortened, a gap of nothing is as wide as the logarithm of it: messages of half a millisecond and
  // waits of seconds can be read side by side, in the order in which all was.
  let stops = [], sums = [];
  function measure() {
    const shown = shownKinds(), times = [0, whole[1]];
    for (const message of messages) if (shown.has(message[0])) times.push(message[5], ...message[6]);
    for (const [about, at] of beats) if (!hidden.has(about)) times.push(at);
    stops = [...new Set(times)].sort((a, b) => a - b);
    sums = [0];
    for (let at = 1; at < stops.length; at++) sums.push(sums[at - 1] + Math.log2(1 + 4 * (stops[at] - stops[at - 1])));
  }
  const isShortened = () => $('pauses').checked;
  const between = (xs, ys, value) => {
    let low = 0, high = xs.length - 1;
    while (high - low > 1) { const middle = (low + high) >> 1; if (xs[middle] <= value) low = middle; else high = middle; }
    return ys[low] + (value - xs[low]) / (xs[high] - xs[low] || 1) * (ys[high] - ys[low]);
  };
  const placeOf = (ms) => isShortened() ? between(stops, sums, ms) : ms;
  const timeOf = (place) => isShortened() ? between(sums, stops, place) : place;

  function ticks(width, x) {
    const [from, to] = range;
    if (isShortened()) {
      const found = [];
      let last = -Infinity;
      for (const stop of stops) {
        if (stop < from || stop > to || x(stop) - last < 96 || x(stop) < gutter + 30 || x(stop) > width - 40) continue;
        last = x(stop);
        found.push([stop, time(stop)]);
      }
      return found;
    }
    const step = nice(to - from, width / 130), digits = Math.max(0, Math.ceil(-Math.log10(step / 1000))), found = [];
    for (let at = Math.ceil(from / step) * step; at <= to; at += step) found.push([at, to >= 1000 ? (at / 1000).toFixed(digits) + ' s' : +at.toFixed(2) + ' ms']);
    return found;
  }

  function draw() {
    const width = svg.clientWidth || 1000;
    measure();
    const [from, to] = range, span = to - from;
    const begin = placeOf(from), places = placeOf(to) - begin || 1;
    const x = (ms) => gutter + (placeOf(ms) - begin) / places * (width - gutter - right);
    const inside = (a, b) => b >= from && a <= to;
    const clampX = (value) => Math.max(gutter, Math.min(width - right, value));
    const out = [];
    out.push('<g class="axis">');
    for (const [at, text] of ticks(width, x)) out.push('<line x1="' + n(x(at)) + '" x2="' + n(x(at)) + '" y1="22" y2="' + height + '"/><text x="' + n(x(at)) + '" y="16" text-anchor="middle">' + text + '</text>');
    out.push('</g>');
    // what a fault meets
    faults.forEach(([what, at, until, met], index) => {
      if (!inside(at, until)) return;
      const left = clampX(x(at)), wide = Math.max(3, clampX(x(until)) - left);
      for (const lane of met) out.push('<rect class="band" x="' + n(left) + '" width="' + n(wide) + '" y="' + (laneY(lane) - 20) + '" height="40"/>');
      if (met.length === 0) out.push('<rect class="band" x="' + n(left) + '" width="' + n(wide) + '" y="' + (top - 26) + '" height="' + (height - top + 10) + '"/>');
      const y = faultTop + faultRow[index] * faultHeight;
      out.push('<g data-f="' + index + '"><rect class="bar" rx="3" x="' + n(left) + '" width="' + n(wide) + '" y="' + y + '" height="' + (faultHeight - 3) + '"/></g>');
      const room = Math.min(...faults.filter((f, i) => faultRow[i] === faultRow[index] && f[1] > at).map((f) => x(f[1])), width - right) - left;
      const text = met.length ? what + ' · ' + met.map((one) => processes[one]).join(', ') : what;
      const fits = Math.floor((room - 8) / 6.4);
      if (fits >= 4) out.push('<text class="fault" pointer-events="none" x="' + n(left + 4) + '" y="' + (y + 12) + '">' + esc(text.length > fits ? text.slice(0, fits - 1) + '…' : text) + '</text>');
    });
    processes.forEach((_, lane) => out.push('<line class="lane" x1="' + gutter + '" x2="' + (width - right) + '" y1="' + laneY(lane) + '" y2="' + laneY(lane) + '"/>'));
    for (const [lane, begin, until] of lives) {
      const end = until === null ? whole[1] : until;
      if (inside(begin, end)) out.push('<line class="life" x1="' + n(clampX(x(begin))) + '" x2="' + n(clampX(x(end))) + '" y1="' + laneY(lane) + '" y2="' + laneY(lane) + '"/>');
    }
    drawMessages(out, x, inside, width);
    for (const [lane, begin, until] of lives) {
      const y = laneY(lane);
      if (begin > from && begin <= to) out.push('<path class="born" d="M' + n(x(begin)) + ' ' + (y - 7) + 'l9 7l-9 7z"/>');
      if (until !== null && until >= from && until <= to) out.push('<path class="died" d="M' + n(x(until) - 6) + ' ' + (y - 6) + 'l12 12m0 -12l-12 12"/>');
    }
    drawBeats(out, x, width);
    if (cursor !== undefined && cursor >= from && cursor <= to) out.push('<line class="cursor" x1="' + n(x(cursor)) + '" x2="' + n(x(cursor)) + '" y1="22" y2="' + height + '"/>');
    out.push('<rect class="gutter" x="0" y="0" width="' + (gutter - 4) + '" height="' + height + '"/>');
    if (faults.length) out.push('<text class="soft" x="12" y="' + (faultTop + 12) + '">faults</text>');
    processes.forEach((name, lane) => {
      const text = name.length > 14 ? name.slice(0, 13) + '…' : name;
      out.push('<text class="name" x="12" y="' + (laneY(lane) + 4) + '">' + esc(text) + '<title>' + esc(name) + '</title></text>');
    });
    out.push('<rect class="selection" hidden y="22" height="' + (height - 22) + '" x="0" width="0"/>');
    svg.setAttribute('height', height);
    svg.style.height = height + 'px';
    svg.innerHTML = out.join('');
    $('range').textContent = time(from, 3) + ' – ' + time(to, 3) + ' (' + time(span, 3) + ')';
    drawOverview();
    tell();
  }

  function drawMessages(out, x, inside, width) {
    const shown = shownKinds(), answers = $('answers').checked;
    const visible = [];
    messages.forEach((message, index) => {
      if (!shown.has(message[0]) || (!answers && isAnswer(message))) return;
      if (inside(message[5], lastOf(message))) visible.push(index);
    });
    // where many lie over one another, each is fainter, so that one sees where there are more
    const faint = visible.length > 400 ? Math.max(0.06, (400 / visible.length) ** 0.8) : 1;
    const heads = visible.length <= 4000, hits = visible.length <= 6000;
    out.push('<g style="--faint: ' + faint.toFixed(3) + '">');
    const arrow = (index, kind, sent, arrived, a, b, extra) => {
      const x1 = x(sent), y1 = laneY(a), x2 = x(arrived), y2 = laneY(b);
      const length = Math.hypot(x2 - x1, y2 - y1) || 1, ux = (x2 - x1) / length, uy = (y2 - y1) / length;
      const path = a === b ? 'M' + n(x1) + ' ' + y1 + 'q' + n((x2 - x1) / 2) + ' -26 ' + n(x2 - x1) + ' 0' : 'M' + n(x1 + ux * 3) + ' ' + n(y1 + uy * 3) + 'L' + n(x2 - ux * 4) + ' ' + n(y2 - uy * 4);
      out.push('<path class="m k' + kind + extra + '" d="' + path + '"/>');
      if (heads && a !== b) out.push('<path class="head k' + kind + extra + '" transform="translate(' + n(x2 - ux * 3) + ' ' + n(y2 - uy * 3) + ') rotate(' + n(Math.atan2(uy, ux) * 180 / Math.PI) + ')" d="M0 0L-7 -3.2L-7 3.2z"/>');
      if (hits) out.push('<path class="m hit k' + kind + '" data-m="' + index + '" d="' + path + '"/>');
    };
    for (const index of visible) {
      const message = messages[index];
      const [kind, a, b, , , sent, arrivals, lost] = message;
      const answer = isAnswer(message) ? ' answer' : '';
      arrivals.forEach((arrived, time) => arrow(index, kind, sent, arrived, a, b, answer + (time > 0 ? ' doubled' : '')));
      if (arrivals.length > 0) continue;
      const x1 = x(sent), y1 = laneY(a), reach = lost ? 0.55 : 1;
      const x2 = x1 + (x(sent + 0.5) - x1) * reach, y2 = y1 + (laneY(b) - y1) * reach;
      const path = 'M' + n(x1) + ' ' + y1 + 'L' + n(x2) + ' ' + n(y2);
      out.push('<path class="m k' + kind + answer + (lost ? ' lost' : ' unheard') + '" d="' + path + '"/>');
      if (lost) out.push('<path class="cross" d="M' + n(x2 - 5) + ' ' + n(y2 - 5) + 'l10 10m0 -10l-10 10"/>');
      else out.push('<circle class="m k' + kind + '" r="3" cx="' + n(x2) + '" cy="' + n(y2) + '"/>');
      if (hits) out.push('<path class="m hit k' + kind + '" data-m="' + index + '" d="' + path + '"/>');
    }
    out.push('</g>');
  }

  function drawBeats(out, x, width) {
    const [from, to] = range, taken = new Map();
    const visible = beats.map((beat, index) => [beat, index]).filter(([[about, at]]) => !hidden.has(about) && at >= from && at <= to);
    for (const [[about, at, lane], index] of visible) {
      if (about === 'violation' || lane < 0) continue;
      out.push('<circle class="dot s-' + about + '" data-b="' + index + '" r="4" cx="' + n(x(at)) + '" cy="' + laneY(lane) + '"/>');
    }
    // words, as far as there is room: what matters most first
    const order = ['process', 'transaction', 'network', 'group', 'records', 'leadership'];
    const weight = (about) => order.indexOf(about);
    const isCrowded = visible.length > 120, room = visible.length > 40 ? 44 : 90;
    for (const [[about, at, lane, , what]] of [...visible].sort(([a], [b]) => weight(a[0]) - weight(b[0]) || a[1] - b[1])) {
      if (about === 'violation' || about === 'fault' || lane < 0) continue;
      if (isCrowded && (about === 'leadership' || about === 'records')) continue;
      const text = what.length > room ? what.slice(0, room - 1) + '…' : what;
      const left = x(at) + 5, end = left + text.length * 5.9;
      if (end > width - right) continue;
      for (const row of isCrowded ? [-1, 1] : [-1, 1, -2, 2]) {
        const key = lane + '/' + row, spans = taken.get(key) ?? [];
        if (spans.some(([a, b]) => left < b && end > a)) continue;
        taken.set(key, [...spans, [left, end + 8]]);
        out.push('<text class="note" x="' + n(left) + '" y="' + (laneY(lane) + (row < 0 ? row * 13 + 5 : row * 13 + 4)) + '">' + esc(text) + '</text>');
        break;
      }
    }
    let row = 0;
    for (const [[about, at, , , what], index] of visible) {
      if (about !== 'violation') continue;
      const end = x(at) > width / 2;
      const first = what.replaceAll(/\\s+/g, ' ');
      const text = first.length > 90 ? first.slice(0, 89) + '…' : first;
      out.push('<g data-b="' + index + '"><line class="violation" x1="' + n(x(at)) + '" x2="' + n(x(at)) + '" y1="22" y2="' + height + '"/></g>');
      if (row < 3) out.push('<text class="violated note" x="' + n(x(at) + (end ? -6 : 6)) + '" y="' + (height - 8 - 14 * row++) + '" text-anchor="' + (end ? 'end' : 'start') + '">✗ ' + esc(text) + '</text>');
    }
  }

  const overview = $('overview');
  const overX = (ms) => gutter + ms / whole[1] * (overview.clientWidth - gutter - right);
  function drawOverview() {
    const width = overview.clientWidth || 1000, bins = Math.max(1, Math.floor((width - gutter - right) / 3));
    const counts = new Array(bins).fill(0), shown = shownKinds();
    for (const message of messages) if (shown.has(message[0])) counts[Math.min(bins - 1, Math.floor(message[5] / whole[1] * bins))]++;
    const most = Math.max(1, ...counts), out = ['<text class="soft" x="12" y="32">whole run</text>'];
    faults.forEach(([, at, until]) => out.push('<rect class="bar" x="' + n(overX(at)) + '" width="' + n(Math.max(2, overX(until) - overX(at))) + '" y="3" height="5"/>'));
    counts.forEach((count, bin) => { if (count) { const high = Math.max(2, Math.sqrt(count / most) * 38); out.push('<rect class="bin" x="' + n(gutter + bin * 3) + '" width="2.4" y="' + n(52 - high) + '" height="' + n(high) + '"/>'); } });
    for (const [about, at] of beats) if (about === 'violation') out.push('<line class="violation" x1="' + n(overX(at)) + '" x2="' + n(overX(at)) + '" y1="2" y2="54"/>');
    out.push('<rect class="brush" x="' + n(overX(range[0])) + '" width="' + n(Math.max(2, overX(range[1]) - overX(range[0]))) + '" y="1" height="53"/>');
    overview.innerHTML = out.join('');
  }

  function tell() {
    const [from, to] = range;
    const visible = beats.filter(([about, at]) => !hidden.has(about) && at >= from && at <= to);
    const list = $('story');
    list.textContent = '';
    $('count').textContent = visible.length + ' of ' + beats.length + ' in this time';
    for (const [about, at, , who, what] of visible.slice(0, 400)) {
      const item = document.createElement('li');
      item.className = about;
      item.tabIndex = 0;
      const part = (name, text) => { const one = document.createElement('span'); one.className = name; one.textContent = text; item.append(one); };
      part('t', time(at)); part('d c-' + about, ''); part('w', who); part('x', what);
      item.onclick = () => { cursor = at; const half = Math.min(span(), 30) / 2; zoomTo([at - half, at + half]); };
      item.onkeydown = (event) => { if (event.key === 'Enter') item.onclick(); };
      list.append(item);
    }
    if (visible.length > 400) {
      const more = document.createElement('li');
      more.className = 'more';
      more.textContent = '… ' + (visible.length - 400) + ' more: zoom in to read them';
      list.append(more);
    }
  }

  const span = () => range[1] - range[0];
  function zoomTo([from, to]) {
    const wide = Math.max(0.5, Math.min(to - from, whole[1]));
    const begin = Math.max(0, Math.min(from, whole[1] - wide));
    range = [begin, begin + wide];
    draw();
    // a link to this very time
    try { history.replaceState(null, '', '#' + n(range[0]) + '-' + n(range[1])); } catch { /* not everywhere allowed */ }
  }
  const zoom = (factor, ms) => {
    const [from, to] = range.map(placeOf), at = ms === undefined ? (from + to) / 2 : placeOf(ms);
    zoomTo([timeOf(at - (at - from) * factor), timeOf(at + (to - at) * factor)]);
  };
  const move = (share) => {
    const [from, to] = range.map(placeOf), by = Math.max(-from, Math.min(share * (to - from), placeOf(whole[1]) - to));
    zoomTo([timeOf(from + by), timeOf(to + by)]);
  };
  const msAt = (event) => {
    const box = svg.getBoundingClientRect(), begin = placeOf(range[0]), share = (event.clientX - box.left - gutter) / (box.width - gutter - right);
    return timeOf(begin + share * (placeOf(range[1]) - begin));
  };
  $('in').onclick = () => zoom(0.5);
  $('out').onclick = () => zoom(2);
  $('whole').onclick = () => zoomTo(whole);
  svg.addEventListener('keydown', (event) => {
    const act = { ArrowLeft: () => move(-0.25), ArrowRight: () => move(0.25), '+': () => zoom(0.5), '=': () => zoom(0.5), '-': () => zoom(2), 0: () => zoomTo(whole) }[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  svg.addEventListener('wheel', (event) => {
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.ctrlKey || event.metaKey) zoom(event.deltaY > 0 ? 1.25 : 0.8, msAt(event));
    else if (Math.abs(sideways) > 0 && (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))) move(sideways / 800);
    else return;
    event.preventDefault();
  }, { passive: false });
  svg.addEventListener('dblclick', (event) => zoom(2.5, msAt(event)));
  let dragged;
  svg.addEventListener('pointerdown', (event) => { if (event.button === 0) { dragged = { ms: msAt(event), x: event.offsetX }; svg.setPointerCapture(event.pointerId); } });
  svg.addEventListener('pointermove', (event) => {
    if (!dragged) return;
    const box = svg.querySelector('.selection'), left = svg.getBoundingClientRect().left, here = event.clientX - left;
    box.removeAttribute('hidden');
    box.setAttribute('x', Math.min(dragged.x, here));
    box.setAttribute('width', Math.abs(here - dragged.x));
  });
  svg.addEventListener('pointerup', (event) => {
    if (!dragged) return;
    const { ms, x: began } = dragged, here = event.clientX - svg.getBoundingClientRect().left;
    dragged = undefined;
    if (Math.abs(here - began) > 6) zoomTo([Math.min(ms, msAt(event)), Math.max(ms, msAt(event))]);
    else svg.querySelector('.selection').setAttribute('hidden', '');
  });
  let brushed;
  const overMs = (event) => Math.max(0, Math.min(whole[1], (event.clientX - overview.getBoundingClientRect().left - gutter) / (overview.clientWidth - gutter - right) * whole[1]));
  overview.addEventListener('pointerdown', (event) => { brushed = overMs(event); overview.setPointerCapture(event.pointerId); });
  overview.addEventListener('pointermove', (event) => { if (brushed !== undefined && Math.abs(overMs(event) - brushed) > whole[1] / 400) zoomTo([Math.min(brushed, overMs(event)), Math.max(brushed, overMs(event))]); });
  overview.addEventListener('pointerup', (event) => { if (brushed !== undefined && Math.abs(overMs(event) - brushed) <= whole[1] / 400) zoomTo([brushed - span() / 2, brushed + span() / 2]); brushed = undefined; });

  const tip = $('tip');
  const about = (target) => {
    const message = target.closest('[data-m]'), beat = target.closest('[data-b]'), fault = target.closest('[data-f]');
    if (message) {
      const [kind, a, b, what, detail, sent, arrivals, lost] = messages[message.dataset.m];
      const came = arrivals.map((at) => time(at) + ' (after ' + +(at - sent).toFixed(2) + ' ms)').join(', and again ');
      return '<b>' + esc(what) + '</b>' + esc(processes[a] + ' → ' + processes[b]) + (detail ? '<br>' + esc(detail) : '') + '<br><i>sent ' + time(sent) + '; ' + (lost ? 'lost: ' + esc(lost) : came ? 'arrived ' + came : 'nobody was there to hear it') + ' · ' + esc(kinds[kind]) + '</i>';
    }
    if (beat) { const [, at, , who, what] = beats[beat.dataset.b]; return '<b>' + esc(who) + '</b>' + esc(what) + '<br><i>' + time(at) + '</i>'; }
    if (fault) { const [what, at, until, met] = faults[fault.dataset.f]; return '<b>' + esc(what) + '</b>' + esc(met.map((one) => processes[one]).join(', ')) + '<br><i>' + time(at) + ' – ' + time(until) + '</i>'; }
    return undefined;
  };
  svg.addEventListener('mousemove', (event) => {
    const text = dragged ? undefined : about(event.target);
    tip.hidden = text === undefined;
    if (text === undefined) return;
    tip.innerHTML = text;
    const box = tip.getBoundingClientRect();
    tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - box.width - 8)) + 'px';
    tip.style.top = (event.clientY + box.height + 24 > innerHeight ? event.clientY - box.height - 12 : event.clientY + 16) + 'px';
  });
  svg.addEventListener('mouseleave', () => { tip.hidden = true; });

  for (const subject of subjects) {
    const label = document.createElement('label'), box = document.createElement('input');
    box.type = 'checkbox';
    box.checked = true;
    box.onchange = () => { if (box.checked) hidden.delete(subject); else hidden.add(subject); draw(); };
    const dot = document.createElement('span');
    dot.className = 'c-' + subject;
    dot.textContent = '●';
    label.append(box, dot, subject);
    $('subjects').append(label);
  }
  $('kinds').addEventListener('change', draw);
  $('pauses').addEventListener('change', draw);
  new ResizeObserver(() => draw()).observe(svg.parentElement);
})();
`
