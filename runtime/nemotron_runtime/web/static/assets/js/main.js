// Which page is seen: the part of the URL behind the hash names a page, or a tab of the model's page.
import { el } from './dom.js';
import { askForKey } from './key_dialog.js';
import { keysPage } from './keys/page.js';
import { modelPage } from './model/page.js';
import { TABS } from './model/tabs.js';
import { playgroundPage } from './playground/page.js';

const PAGES = { model: modelPage, playground: playgroundPage, keys: keysPage };
const open = {}; // a page is made when it is first seen, and keeps what was typed on it

function place() {
  const name = location.hash.slice(1);
  if (name === 'playground' || name === 'keys') return { page: name };
  return { page: 'model', tab: TABS.some(({ id }) => id === name) ? name : TABS[0].id };
}

function show() {
  const { page, tab } = place();
  for (const name of Object.keys(PAGES)) {
    document.getElementById(`page-${name}`).hidden = name !== page;
    const link = document.querySelector(`[data-page="${name}"]`);
    if (name === page) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  open[page] ??= PAGES[page](document.getElementById(`page-${page}`));
  open[page].show(tab);
}

// The skip link moves the focus, and leaves the hash, which names the page, alone.
document.getElementById('skip').addEventListener('click', (event) => {
  event.preventDefault();
  document.getElementById('main').focus();
});
document.getElementById('key-button').addEventListener('click', askForKey);
document.addEventListener('keychange', ({ detail }) => {
  for (const page of Object.values(open)) page.keyChanged?.(detail);
});
window.addEventListener('hashchange', show);
window.addEventListener('unhandledrejection', ({ reason }) => {
  document.getElementById('main').prepend(el('p.fault', { role: 'alert' }, String(reason?.message ?? reason)));
});
show();
