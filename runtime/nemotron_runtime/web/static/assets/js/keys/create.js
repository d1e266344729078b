// A new key: its form, and its secret, shown once.
import { el } from '../dom.js';
import { copyButton, fault, field } from '../parts.js';

const RESETS = [['', 'never'], ['daily', 'daily'], ['weekly', 'weekly'], ['monthly', 'monthly']];

/** The choice of when a limit begins anew. */
export const resetSelect = (chosen) => el('select', RESETS.map(([value, name]) => el('option', { value, selected: value === (chosen ?? '') }, name)));

/** The form; `done` gets the server's answer. */
export function createForm(manage, done) {
  const name = el('input', { required: true, maxlength: '100', autocomplete: 'off' });
  const limit = el('input', { type: 'number', min: '0', step: 'any', inputmode: 'decimal', placeholder: 'none' });
  const reset = resetSelect(null);
  const expiry = el('input', { type: 'date' });
  const problem = el('div');

  async function submit(event) {
    event.preventDefault();
    const body = { name: name.value.trim(), limit: limit.value ? Number(limit.value) : null, limit_reset: reset.value || null };
    if (expiry.value) body.expires_at = `${expiry.value}T23:59:59Z`;
    try {
      done(await manage('/keys', { method: 'POST', body }));
    } catch (error) {
      problem.replaceChildren(fault(error));
    }
  }

  return el('form.card.stack', { onsubmit: submit, 'aria-labelledby': 'create-key' },
    el('h2', { id: 'create-key' }, 'Create a key'),
    el('div.fields', field('Name', name), field('Limit in USD', limit), field('The limit begins anew', reset), field('Expires, UTC', expiry)),
    el('button.primary', { type: 'submit' }, 'Create'), problem);
}

/** The secret of a new key: the server keeps only its digest. */
export const secretView = ({ key, data }) => el('section.notice.stack-s', { 'aria-label': 'The new key' },
  el('p', `“${data.name}” was created. Copy it now: it is shown this once.`),
  el('p.row', el('code', key), copyButton(key, 'Copy key')));
