// The table of keys, and what can be done with each.
import { el } from '../dom.js';
import { date, moment, usd } from '../format.js';
import { field, openDialog, table } from '../parts.js';
import { limitInput, limitOf, resetSelect } from './create.js';

const COLUMNS = [
  { name: 'Name' }, { name: 'Key' }, { name: 'State' }, { name: 'Used', num: true }, { name: 'Limit', num: true }, { name: 'Created' }, { name: 'Last used' }, { name: 'Actions' },
];

/** `change` gets a key and the fields of PATCH /keys/{hash}; `remove` gets a key. */
export const keyTable = (keys, does) => el('div.card', table('Keys', COLUMNS, keys.map((key) => row(key, does))));

const row = (key, { change, remove }) => [
  key.name,
  el('code', key.label),
  stateOf(key),
  usd(key.usage),
  key.limit === null ? 'none' : [usd(key.limit), el('div.muted', `${usd(key.limit_remaining)} left${key.limit_reset ? `, ${key.limit_reset}` : ''}`)],
  date(key.created_at),
  key.last_used_at ? moment(key.last_used_at) : 'never',
  el('div.row',
    button(key, 'Limit', () => askForLimit(key, change)),
    button(key, key.disabled ? 'Enable' : 'Disable', () => change(key, { disabled: !key.disabled })),
    button(key, 'Delete', () => askForDeletion(key, remove), '.danger')),
];

const button = (key, words, act, kind = '') => el(`button.small${kind}`, { type: 'button', onclick: act, 'aria-label': `${words} ${key.name}` }, words);

function stateOf(key) {
  if (key.disabled) return 'disabled';
  if (!key.expires_at) return 'active';
  return Date.parse(key.expires_at) < Date.now() ? 'expired' : `until ${date(key.expires_at)}`;
}

function askForLimit(key, change) {
  openDialog(`Limit of ${key.name}`, (close) => {
    const limit = limitInput(key.limit);
    const reset = resetSelect(key.limit_reset);
    const submit = (event) => {
      event.preventDefault();
      close();
      change(key, limitOf(limit, reset));
    };
    return el('form.stack', { onsubmit: submit },
      el('div.fields', field('Limit, US dollars', limit, 'Empty: none.'), field('Starts anew', reset, 'At 00:00 UTC.')),
      el('button.primary', { type: 'submit' }, 'Set the limit'));
  });
}

function askForDeletion(key, remove) {
  openDialog(`Delete ${key.name}?`, (close) => [
    el('p', 'Programs that use this key are refused from now on. What it used stays in the records.'),
    el('div.row',
      el('button.danger', { type: 'button', onclick: () => { close(); remove(key); } }, 'Delete it'),
      el('button', { type: 'button', onclick: close }, 'Keep it')),
  ]);
}
