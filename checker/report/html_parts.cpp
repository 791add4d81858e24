#include "report/html_parts.h"

#include "report/text_layout.h"

namespace quire::html {

namespace {

constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --fg: #1d1f23; --bg: #fff; --soft: #5c636e; --line: #d5d9e0; --panel: #f5f6f8;
  --now: #dbe9ff; --now-edge: #1f5fc4; --changed: #ffefb0; --bad: #b00020; --good: #0b6b34; --odd: #8a5a00; --link: #1f5fc4;
  --c0: #3b6fd1; --c1: #d9822b; --c2: #2f9e6b; --c3: #b0479c; --c4: #8c8f1f; --c5: #d1484f; --c6: #1d9bb3; --c7: #7a63c9; }
:root[data-theme=light] { color-scheme: light; }
:root[data-theme=dark] { color-scheme: dark; }
@media (prefers-color-scheme: dark) { :root:not([data-theme=light]) { --fg: #e7e9ee; --bg: #14161a; --soft: #a0a8b4; --line: #363b44;
  --panel: #1d2026; --now: #1c355c; --now-edge: #79aef5; --changed: #574a0c; --bad: #ff8a93; --good: #6fd39b; --odd: #f0bf62; --link: #8ab8ff;
  --c0: #79a6ff; --c1: #f0a35c; --c2: #5fc999; --c3: #d987c9; --c4: #c6c95a; --c5: #f2868b; --c6: #5cc7da; --c7: #a996ee; } }
:root[data-theme=dark] { --fg: #e7e9ee; --bg: #14161a; --soft: #a0a8b4; --line: #363b44;
  --panel: #1d2026; --now: #1c355c; --now-edge: #79aef5; --changed: #574a0c; --bad: #ff8a93; --good: #6fd39b; --odd: #f0bf62; --link: #8ab8ff;
  --c0: #79a6ff; --c1: #f0a35c; --c2: #5fc999; --c3: #d987c9; --c4: #c6c95a; --c5: #f2868b; --c6: #5cc7da; --c7: #a996ee; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem 1.25rem 3rem; max-width: 110rem; color: var(--fg); background: var(--bg);
  font: 15px/1.45 system-ui, sans-serif; }
code, pre, .code, td.values, #state td, #state th { font: 13px/1.5 ui-monospace, Menlo, Consolas, monospace; }
h1 { font-size: 1.25rem; margin: 0 0 .25rem; } h2 { font-size: 1rem; margin: 1.25rem 0 .4rem; }
a { color: var(--link); } p { margin: .3rem 0; max-width: 60rem; }
.bad { color: var(--bad); } .good { color: var(--good); } .odd { color: var(--odd); } .soft { color: var(--soft); }
.top { display: flex; gap: 1rem; justify-content: space-between; align-items: flex-start; }
button, input { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--line); border-radius: 5px; padding: .2rem .6rem; }
button { cursor: pointer; white-space: nowrap; } button:hover { border-color: var(--now-edge); }
button[aria-pressed=true] { background: var(--now); border-color: var(--now-edge); }
:focus-visible { outline: 2px solid var(--now-edge); outline-offset: 1px; }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; color: var(--soft); padding: .2rem 0; }
th, td { text-align: left; vertical-align: top; padding: .15rem .5rem; border-bottom: 1px solid var(--line); }
thead th { position: sticky; top: 0; background: var(--bg); z-index: 1; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip:not(:focus) { position: absolute; left: -999rem; }
.bar { position: sticky; top: 0; z-index: 3; display: flex; flex-wrap: wrap; gap: .4rem; align-items: center; padding: .5rem 0;
  background: var(--bg); border-bottom: 1px solid var(--line); }
.bar input[type=range] { flex: 1 1 8rem; min-width: 6rem; padding: 0; }
#now { flex-basis: 100%; min-height: 1.5em; max-width: none; }
.both { display: grid; grid-template-columns: minmax(0, 1fr) minmax(16rem, 26rem); gap: 1.5rem; align-items: start; }
.side { position: sticky; top: 6rem; max-height: calc(100vh - 7rem); overflow: auto; }
@media (max-width: 60rem) { .both { grid-template-columns: minmax(0, 1fr); } .side { position: static; max-height: none; } }
#steps td, #steps th[scope=row] { white-space: pre-wrap; overflow-wrap: anywhere; }
#steps tbody tr { cursor: pointer; } #steps tbody tr:hover { background: var(--panel); }
#steps tr.now, #steps tr.now:hover { background: var(--now); box-shadow: inset 3px 0 var(--now-edge); }
#steps tr.switched td, #steps tr.switched th { border-top: 2px solid var(--line); }
#steps tr.later td { color: var(--soft); } #steps tbody tr { scroll-margin: 8rem 0 3rem; }
#steps button { min-width: 2.6em; padding: 0 .4rem; text-align: right; }
#steps td.mark { color: var(--bad); font-weight: bold; }
#steps td.values { color: var(--soft); } tr.now td.values { color: inherit; }
mark { background: var(--changed); color: inherit; padding: 0 .2em; border-radius: 3px; }
tr.changed { background: var(--changed); } tr.changed mark { background: none; padding: 0; font-weight: bold; }
.was { color: var(--soft); text-decoration: line-through; margin-right: .4em; }
ul.plain { list-style: none; padding: 0; margin: 0; } ul.plain li { margin: .25rem 0; }
td ul { margin: 0; padding-left: 1.2em; }
figure { margin: .5rem 0; } svg { width: 100%; height: auto; display: block; background: var(--panel); border-radius: 5px; }
svg text { fill: var(--soft); font: 11px system-ui, sans-serif; } svg .grid { stroke: var(--line); } svg .cursor { stroke: var(--fg); stroke-width: 1.5; }
)css"
                                    R"css(
.s0 { fill: var(--c0); background: var(--c0); } .s1 { fill: var(--c1); background: var(--c1); } .s2 { fill: var(--c2); background: var(--c2); }
.s3 { fill: var(--c3); background: var(--c3); } .s4 { fill: var(--c4); background: var(--c4); } .s5 { fill: var(--c5); background: var(--c5); }
.s6 { fill: var(--c6); background: var(--c6); } .s7 { fill: var(--c7); background: var(--c7); }
.swatch { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .4em; }
pre { overflow-x: auto; background: var(--panel); padding: .6rem; border-radius: 5px; }
dialog { color: var(--fg); background: var(--bg); border: 1px solid var(--line); border-radius: 8px; max-width: 34rem; }
dialog::backdrop { background: #0008; } kbd { background: var(--panel); border: 1px solid var(--line); border-radius: 4px; padding: 0 .35em; }
dl.keys { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; } dl.keys dd { margin: 0; }
@media print { .bar, .top button { display: none; } .side { position: static; max-height: none; } }
)css";

}  // namespace

std::string page_head(const std::string& title) {
    return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
           "script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
           markup_escaped(title) + "</title>\n<style>" + std::string(kStyle) + "</style>\n</head>\n<body>\n";
}

const std::string_view kThemeScript = R"js(
'use strict';
const byId = id => document.getElementById(id);
const themes = ['system', 'dark', 'light'];
let theme = 'system';
try { theme = localStorage.getItem('quire-theme') || theme; } catch (e) { /* not kept then */ }
function useTheme(name) {
  theme = themes.includes(name) ? name : 'system';
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  byId('theme').textContent = 'Theme: ' + theme;
  try { localStorage.setItem('quire-theme', theme); } catch (e) { /* not kept then */ }
}
const nextTheme = () => useTheme(themes[(themes.indexOf(theme) + 1) % themes.length]);
byId('theme').addEventListener('click', nextTheme);
useTheme(theme);
)js";

const std::string_view kTraceScript = R"js(
const T = JSON.parse(byId('data').textContent);
const last = T.last, rows = [...document.querySelectorAll('#steps tbody tr')];
// The values after each step; a step that fails leads to no state.
const states = [T.start];
for (const step of T.steps) {
  const values = states[states.length - 1].slice();
  for (const [cell, value] of step) values[cell] = value;
  states.push(values);
}
const shown = k => Math.min(k, states.length - 1);
const moving = new Set(T.steps.flatMap(step => step.map(([cell]) => cell)));
let now = last, all = false, only = false;

function stops(kind) {
  const list = rows.filter(row => row.classList.contains(kind)).map(row => +row.dataset.step);
  return [...new Set([0, ...list, last])].sort((a, b) => a - b);
}
function element(name, text, className) {
  const node = document.createElement(name);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
}
function drawState() {
  const body = byId('state').tBodies[0], at = shown(now), values = states[at];
  const changed = new Set(now > 0 && now === at ? T.steps[at - 1].map(([cell]) => cell) : []);
  body.replaceChildren();
  T.names.forEach((name, cell) => {
    const hot = changed.has(cell);
    if (only ? !hot : !(all || moving.has(cell))) return;
    const row = element('tr', undefined, hot ? 'changed' : ''), value = element('td');
    const head = element('th', name);
    head.scope = 'row';
    if (hot) {
      value.append(element('span', 'was ', 'unseen'), element('span', states[at - 1][cell], 'was'), element('span', ', now ', 'unseen'),
        element('mark', values[cell]));
    } else value.append(values[cell]);
    row.append(head, value);
    body.append(row);
  });
  if (!body.rows.length) {
    const cell = element('td', only ? 'this step changes no value' : 'no value ever changes', 'soft');
    cell.colSpan = 2;
    body.append(element('tr'));
    body.rows[0].append(cell);
  }
  byId('state').caption.textContent = now === 0 ? 'At the start' : now > at
    ? 'Before step ' + now + ', which fails' : 'After step ' + now;
}
function drawLedgers() {
  T.ledgers.forEach((ledger, number) => {
    const figure = byId('ledger' + number), line = figure.querySelector('.cursor'), x = T.left + shown(now) * T.wide;
    line.setAttribute('x1', x);
    line.setAttribute('x2', x);
    ledger.balances[shown(now)].forEach((balance, account) => {
      const cell = figure.querySelectorAll('td.balance')[account], before = now > 0 && now === shown(now) ? ledger.balances[now - 1][account] : balance;
      cell.replaceChildren(before === balance ? String(balance) : element('mark', before + ' → ' + balance));
    });
  });
}
function drawSteps(scroll) {
  let first = null;
  for (const row of rows) {
    const step = +row.dataset.step, here = step === now && now > 0;
    row.classList.toggle('now', here);
    row.classList.toggle('later', step > now);
    if (here) row.setAttribute('aria-current', 'step'); else row.removeAttribute('aria-current');
    if (here && !first) first = row;
  }
  if (scroll && first) first.scrollIntoView({ block: 'nearest' });
}
function tell() {
  const row = rows.find(one => +one.dataset.step === now);
  byId('now').textContent = now === 0 || !row ? 'The start; ' + last + ' steps follow.'
    : 'Step ' + now + ' of ' + last + ', ' + row.dataset.thread + ': ' + row.dataset.text + (row.dataset.changes ? ' — ' + row.dataset.changes : '');
}
function go(step, scroll = true) {
  now = Math.max(0, Math.min(last, step));
  byId('slider').value = now;
  byId('slider').setAttribute('aria-valuetext', now === 0 ? 'the start' : 'step ' + now + ' of ' + last);
  for (const id of ['first', 'back']) byId(id).disabled = now === 0;
  for (const id of ['on', 'end']) byId(id).disabled = now === last;
  drawSteps(scroll);
  drawState();
  drawLedgers();
  tell();
  try { history.replaceState(null, '', '#step=' + now); } catch (e) { /* some viewers have no history */ }
}
function pressed(id, value) { byId(id).setAttribute('aria-pressed', value); drawState(); }
const flipOnly = () => pressed('only', only = !only);
const flipAll = () => pressed('all', all = !all);
function help() { const box = byId('help'); if (box.open) box.close(); else box.showModal(); }
const before = kind => go(stops(kind).filter(step => step < now).pop() ?? 0);
const behind = kind => go(stops(kind).find(step => step > now) ?? last);
const keys = {
  ArrowRight: () => go(now + 1), ArrowDown: () => go(now + 1), j: () => go(now + 1),
  ArrowLeft: () => go(now - 1), ArrowUp: () => go(now - 1), k: () => go(now - 1),
  PageDown: () => go(now + 10), PageUp: () => go(now - 10), Home: () => go(0), End: () => go(last), g: () => go(0), G: () => go(last),
  '[': () => before('switched'), ']': () => behind('switched'), '{': () => before('marked'), '}': () => behind('marked'),
  c: flipOnly, a: flipAll, t: nextTheme, '?': help,
};
document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
  if (byId('help').open && event.key !== '?') return;
  event.preventDefault();
  keys[event.key]();
});
byId('first').addEventListener('click', () => go(0));
byId('back').addEventListener('click', () => go(now - 1));
byId('on').addEventListener('click', () => go(now + 1));
byId('end').addEventListener('click', () => go(last));
byId('slider').addEventListener('input', event => go(+event.target.value));
byId('only').addEventListener('click', flipOnly);
byId('all').addEventListener('click', flipAll);
byId('keys').addEventListener('click', help);
document.addEventListener('click', event => {
  const jump = event.target.closest('[data-goto]');
  if (jump) go(+jump.dataset.goto);
});
byId('steps').addEventListener('click', event => {
  const row = event.target.closest('tbody tr');
  if (row) go(+row.dataset.step, false);
});
T.ledgers.forEach((ledger, number) => {
  const chart = byId('ledger' + number).querySelector('svg');
  chart.addEventListener('click', event => {
    const box = chart.getBoundingClientRect(), x = (event.clientX - box.left) / box.width * T.width;
    go(Math.round((x - T.left) / T.wide));
  });
});
const asked = /^#step=(\d+)$/.exec(location.hash);
go(asked ? +asked[1] : last, false);
)js";

const std::string_view kIndexScript = R"js(
const rows = [...document.querySelectorAll('#results tbody tr')];
const kinds = ['failed', 'open', 'met'];
function draw() {
  const words = byId('search').value.toLowerCase().split(/\s+/).filter(Boolean);
  const on = kinds.filter(kind => byId(kind).getAttribute('aria-pressed') === 'true');
  let count = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !(on.includes(row.dataset.kind) && words.every(word => text.includes(word)));
    count += row.hidden ? 0 : 1;
  }
  byId('count').textContent = count + ' of ' + rows.length + ' shown';
}
for (const kind of kinds) {
  byId(kind).addEventListener('click', event => {
    const button = event.currentTarget;
    button.setAttribute('aria-pressed', button.getAttribute('aria-pressed') !== 'true');
    draw();
  });
}
byId('search').addEventListener('input', draw);
document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target === byId('search')) return;
  if (event.key === 't') nextTheme();
  else if (event.key === '/') byId('search').focus();
  else return;
  event.preventDefault();
});
draw();
)js";

}  // namespace quire::html
