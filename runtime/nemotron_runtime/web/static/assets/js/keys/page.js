// Keys: a list, new ones, limits; all behind a management key.
import { askJson } from '../api.js';
import { el } from '../dom.js';
import { empty, fault, field } from '../parts.js';
import { keepKey, keyOf } from '../session.js';
import { createForm, secretView } from './create.js';
import { keyTable } from './list.js';

/** Fills the section. */
export function keysPage(section) {
  const place = el('div.stack');
  section.append(el('div.stack', el('h1', 'Keys'),
    el('p.lead', 'Keys that programs send to this server, with their limits and what they used.'), place));

  async function draw(secret = null) {
    if (!keyOf('management')) {
      place.replaceChildren(gate());
      return;
    }
    try {
      const { data } = await manage('/keys?include_disabled=true');
      place.replaceChildren(...[secret, open(data)].flat().filter(Boolean));
    } catch (error) {
      place.replaceChildren(gate(), fault(error));
    }
  }

  const open = (keys) => [
    el('div.row.spread', el('h2', 'All keys'), el('button.small', { type: 'button', onclick: () => keepKey('management', '') }, 'Forget the management key')),
    keys.length ? keyTable(keys, manage, draw) : empty('No keys yet', 'A key that is created below appears here, with what it used.'),
    createForm(manage, (answer) => draw(secretView(answer))),
  ];

  return { show: () => draw(), keyChanged: (kind) => { if (kind === 'management') draw(); } };
}

/** Asks a route of the keys with the management key. */
const manage = (path, options = {}) => askJson(path, { ...options, key: keyOf('management') });

function gate() {
  const input = el('input.mono', { type: 'password', autocomplete: 'off', spellcheck: 'false', required: true, placeholder: 'sk-or-v1-…' });
  return el('form.card.stack', { onsubmit: (event) => { event.preventDefault(); keepKey('management', input.value); } },
    field('Management key', input, '“nemotron keys create --management” makes one. It stays in this tab and is gone when the tab is closed.'),
    el('button.primary', { type: 'submit' }, 'Open'));
}
