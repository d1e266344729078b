// Keys of this server, behind a management key: list, create, limit, disable, delete.
import { askJson } from '../api.js';
import { el, say } from '../dom.js';
import { askForKey } from '../key-dialog.js';
import { code, empty, fault } from '../parts.js';
import { keyOf } from '../session.js';
import { createForm } from './create.js';
import { keyTable } from './list.js';

/** Asks a route of /keys with the management key. */
const manage = (path, options) => askJson(path, { ...options, key: keyOf('management') });

/** Makes the page inside of a host. */
export function makeKeysPage(host) {
  const place = el('div.stack');
  const trouble = el('div');
  host.append(
    el('div.row.spread',
      el('h1', 'Keys'),
      el('button', { type: 'button', onclick: () => askForKey('management') }, 'Management key')),
    el('p.lead', 'Keys open the API. A management key makes and limits them, and cannot chat itself.'),
    trouble, place);
  host.classList.add('stack');

  async function load() {
    if (!keyOf('management')) {
      place.replaceChildren(locked());
      return;
    }
    try {
      const { data } = await manage('/keys?include_disabled=true');
      place.replaceChildren(createForm(create), listed(data));
    } catch (error) {
      place.replaceChildren(fault(error), el('p', 'Enter another management key, or make one with ', el('code', 'nemotron keys create --management'), '.'));
    }
  }

  const listed = (keys) => (keys.length
    ? keyTable(keys, { change, remove })
    : empty('No keys yet', 'Create one above: its secret is shown once.'));

  async function create(values) {
    await act(async () => {
      const { data, key } = await manage('/keys', { method: 'POST', body: values });
      await load();
      const shown = el('div.notice.stack-s', { role: 'status' },
        el('p', el('strong', data.name), ': copy this key now. It is not stored, and will not be shown again.'), code(key, 'The new key'));
      shown.append(el('button.small', { type: 'button', onclick: () => shown.remove() }, 'I have it'));
      place.prepend(shown);
      shown.querySelector('button').focus();
    });
  }

  const change = (key, values) => act(async () => {
    await manage(`/keys/${key.hash}`, { method: 'PATCH', body: values });
    await load();
    say(`${key.name} is changed.`);
  });

  const remove = (key) => act(async () => {
    await manage(`/keys/${key.hash}`, { method: 'DELETE' });
    await load();
    say(`${key.name} is deleted.`);
  });

  async function act(work) {
    trouble.replaceChildren();
    try {
      await work();
    } catch (error) {
      trouble.replaceChildren(fault(error));
    }
  }

  document.addEventListener('keychange', ({ detail }) => detail === 'management' && load());
  return { show: load };
}

const locked = () => el('div.empty.stack-s',
  el('strong', 'A management key is needed'),
  el('p', el('code', 'nemotron keys create --management'), ' on this machine makes the first one.'),
  el('button.primary', { type: 'button', onclick: () => askForKey('management') }, 'Enter a management key'));
