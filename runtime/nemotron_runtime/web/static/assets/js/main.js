// The three pages behind one URL: what follows the # says which page, and which of the model's tabs.
import { askForKey } from './key-dialog.js';
import { makeKeysPage } from './keys/page.js';
import { makeModelPage, TABS } from './model/page.js';
import { makePlayground } from './playground/page.js';

const MAKERS = { model: makeModelPage, playground: makePlayground, keys: makeKeysPage };
const pages = {};

const place = () => {
  const name = location.hash.slice(1);
  if (name === 'playground' || name === 'keys') return { page: name };
  return { page: 'model', tab: TABS.some(([tab]) => tab === name) ? name : 'overview' };
};

function show() {
  const { page, tab } = place();
  for (const name of Object.keys(MAKERS)) document.getElementById(`page-${name}`).hidden = name !== page;
  for (const link of document.querySelectorAll('nav [data-page]')) {
    if (link.dataset.page === page) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  pages[page] ??= MAKERS[page](document.getElementById(`page-${page}`));
  pages[page].show(tab);
  document.title = `${titleOf(page, tab)} – Nemotron Runtime`;
}

const titleOf = (page, tab) => ({ playground: 'Playground', keys: 'Keys' })[page] ?? TABS.find(([name]) => name === tab)[1];

document.getElementById('skip').addEventListener('click', (event) => {
  event.preventDefault(); // the hash names the page: the link may not change it
  document.getElementById('main').focus();
});
document.getElementById('key-button').addEventListener('click', () => askForKey('user'));
addEventListener('hashchange', show);
show();
