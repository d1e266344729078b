// The keys as a table, and what can be done to one.
import { el } from '../dom.js';
import { moment, NONE, usd } from '../format.js';
import { fault, field, openDialog, table } from '../parts.js';
import { resetSelect } from './create.js';

const HEADS = [{ name: 'Name' }, { name: 'Key' }, { name: 'Used', num: true }, { name: 'Limit', num: true }, { name: 'Expires' }, { name: 'Last used' }, { name: 'State' }, { name: 'Change' }];

/** `done` is called after each change. */
export const keyTable = (keys, manage, done) => table('All keys', HEADS, keys.map((key) => [
  key.name,
  el('code', key.label),
  usd(key.usage),
  limitOf(key),
  moment(key.expires_at),
  moment(key.last_used_at),
  key.disabled ? 'disabled' : 'enabled',
  actions(key, manage, done),
]));

const limitOf = ({ limit, limit_reset: reset }) => (limit === null ? NONE : `${usd(limit)}${reset ? ` ${reset}` : ''}`);

function actions(key, manage, done) {
  const path = `/keys/${encodeURIComponent(key.hash)}`;
  const change = (body) => manage(path, { method: 'PATCH', body });
  const button = (name, title, work, kind = '') => el(`button.small${kind}`, { type: 'button', 'aria-label': `${name}: ${title}`, onclick: work }, name);
  const toggle = async ({ currentTarget }) => {
    try {
      await change({ disabled: !key.disabled });
      done();
    } catch (error) {
      currentTarget.closest('td').append(fault(error));
    }
  };
  return el('div.row',
    button(key.disabled ? 'Enable' : 'Disable', key.name, toggle),
    button('Limit', key.name, () => limitDialog(key, change, done)),
    button('Delete', key.name, () => deleteDialog(key, () => manage(path, { method: 'DELETE' }), done), '.danger'));
}

const limitDialog = (key, change, done) => openDialog(`Limit of “${key.name}”`, (close) => {
  const limit = el('input', { type: 'number', min: '0', step: 'any', inputmode: 'decimal', placeholder: 'none', value: key.limit ?? '' });
  const reset = resetSelect(key.limit_reset);
  const save = () => change({ limit: limit.value === '' ? null : Number(limit.value), limit_reset: reset.value || null });
  return form(save, close, done, el('button.primary', { type: 'submit' }, 'Save'),
    field('Limit in USD', limit), field('It begins anew', reset));
});

const deleteDialog = (key, remove, done) => openDialog(`Delete “${key.name}”?`, (close) =>
  form(remove, close, done, el('button.danger', { type: 'submit' }, 'Delete it'),
    el('p', 'Programs that send this key are refused from then on. This can’t be undone; to refuse them for a while, disable it.')));

function form(work, close, done, button, ...content) {
  const problem = el('div');
  async function submit(event) {
    event.preventDefault();
    try {
      await work();
      close();
      done();
    } catch (error) {
      problem.replaceChildren(fault(error));
    }
  }
  return el('form.stack', { onsubmit: submit }, content, button, problem);
}
