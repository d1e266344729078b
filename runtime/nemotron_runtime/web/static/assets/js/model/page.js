// The model's page: a header, and tabs below it.
import { el } from '../dom.js';
import { loadEndpoint, loadModel, loadStats } from '../data.js';
import { moment } from '../format.js';
import { fault } from '../parts.js';
import { header } from './header.js';
import { TABS } from './tabs.js';

const STALE_MS = 10_000;
const REFRESH_MS = 15_000;

/** Facts of the tabs: model, endpoint, stats (null with `error` where they can't be had). */
async function gather() {
  const [model, [stats, error]] = await Promise.all([
    loadModel(),
    loadStats().then((data) => [data, null], (reason) => [null, reason]),
  ]);
  return { model, endpoint: await loadEndpoint(model), stats, error };
}

/** Fills the section. */
export function modelPage(section) {
  const head = el('div.model-head');
  const panel = el('div.panel.stack', { role: 'tabpanel', id: 'panel', tabindex: '0' });
  const age = el('span.muted.small');
  const refresh = el('button.small', { type: 'button', onclick: () => load() }, 'Refresh');
  const bar = tabBar();
  section.append(head, bar.node, el('div.row.spread.fresh', age, refresh), panel);

  let facts = null;
  let shown = TABS[0].id;
  let loadedAt = 0;

  function draw() {
    const tab = TABS.find(({ id }) => id === shown);
    panel.setAttribute('aria-labelledby', `tab-${tab.id}`);
    panel.replaceChildren(...[tab.build(facts)].flat(Infinity).filter(Boolean));
  }

  async function load() {
    refresh.disabled = true;
    try {
      facts = await gather();
    } catch (error) {
      panel.replaceChildren(fault(error));
      return;
    } finally {
      refresh.disabled = false;
    }
    loadedAt = Date.now();
    age.textContent = `As of ${moment(facts.stats?.as_of ?? loadedAt / 1000)}`;
    document.title = `${facts.model.name} · Nemotron Runtime`;
    head.replaceChildren(...header(facts));
    draw();
  }

  function show(tab) {
    shown = tab;
    bar.select(tab);
    if (Date.now() - loadedAt > STALE_MS) load();
    else draw();
  }

  setInterval(() => {
    if (!section.hidden && document.visibilityState === 'visible' && !inUse(head) && !inUse(panel)) load();
  }, REFRESH_MS);

  return { show, keyChanged: load };
}

/** Whether someone reads or works in there: fresh figures would take it from under their hands. */
function inUse(place) {
  const selection = getSelection();
  const selected = !selection.isCollapsed && place.contains(selection.anchorNode);
  const focused = place !== document.activeElement && place.contains(document.activeElement);
  return selected || focused || place.querySelector('details[open]') !== null;
}

/** The tabs as links, so that each has a URL; arrows, Home and End walk them. */
function tabBar() {
  const links = TABS.map(({ id, name }) =>
    el('a', { role: 'tab', id: `tab-${id}`, href: `#${id}`, 'aria-controls': 'panel' }, name));
  const node = el('div.tabs', { role: 'tablist', 'aria-label': 'About this model', onkeydown: walk }, links);

  function walk(event) {
    const at = links.indexOf(document.activeElement);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: links.length - 1 }[event.key];
    if (next === undefined || at < 0) return;
    event.preventDefault();
    const link = links[(next + links.length) % links.length];
    link.focus();
    location.hash = link.hash;
  }

  function select(tab) {
    for (const link of links) {
      const chosen = link.id === `tab-${tab}`;
      link.setAttribute('aria-selected', String(chosen));
      link.tabIndex = chosen ? 0 : -1;
      if (chosen) node.scrollTo({ left: link.offsetLeft - node.clientWidth / 2 + link.clientWidth / 2 });
    }
  }

  return { node, select };
}
