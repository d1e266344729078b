// Tabs with URLs. One stands in the tab order; arrows, Home and End go from one to the next.
import { el } from './dom.js';

/**
 * @param {[string, string][]} names hash and title of each tab
 * @returns {{list: Element, panels: Map<string, Element>, show: (name: string) => void}}
 */
export function makeTabs(label, names) {
  const panels = new Map(names.map(([name]) => [name, panelOf(name)]));
  const tabs = names.map(([name, title]) => el('a', {
    id: `tab-${name}`, role: 'tab', href: `#${name}`, 'aria-controls': `panel-${name}`,
  }, title));
  const list = el('div.tabs', { role: 'tablist', 'aria-label': label, onkeydown: move }, tabs);

  function show(name) {
    names.forEach(([other], i) => {
      const chosen = other === name;
      tabs[i].setAttribute('aria-selected', String(chosen));
      tabs[i].setAttribute('tabindex', chosen ? '0' : '-1');
      panels.get(other).hidden = !chosen;
      if (chosen) keepInSight(list, tabs[i]);
    });
  }

  function move(event) {
    const to = { ArrowRight: 1, ArrowLeft: -1, Home: -tabs.length, End: tabs.length }[event.key];
    const at = tabs.indexOf(document.activeElement);
    if (to === undefined || at < 0) return;
    event.preventDefault();
    const next = Math.abs(to) === 1 ? (at + to + tabs.length) % tabs.length : to < 0 ? 0 : tabs.length - 1;
    tabs[next].focus();
    location.hash = names[next][0];
  }

  return { list, panels, show };
}

const panelOf = (name) => el('div.panel.stack', {
  id: `panel-${name}`, role: 'tabpanel', tabindex: '0', 'aria-labelledby': `tab-${name}`, hidden: true,
});

/** Scrolls the list, never the page. */
function keepInSight(list, tab) {
  const left = tab.offsetLeft - list.offsetLeft;
  if (left < list.scrollLeft) list.scrollLeft = left;
  else if (left + tab.offsetWidth > list.scrollLeft + list.clientWidth) list.scrollLeft = left + tab.offsetWidth - list.clientWidth;
}
