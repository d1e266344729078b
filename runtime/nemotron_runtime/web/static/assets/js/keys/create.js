// The form that makes a key.
import { el } from '../dom.js';
import { field } from '../parts.js';

const RESETS = [['', 'never'], ['daily', 'daily'], ['weekly', 'weekly'], ['monthly', 'monthly']];

/** `create` gets the body of POST /keys. */
export function createForm(create) {
  const name = el('input', { required: true, maxlength: '100', autocomplete: 'off', placeholder: 'laptop' });
  const limit = limitInput();
  const reset = resetSelect(null);
  const expires = el('input', { type: 'datetime-local' });

  async function submit(event) {
    event.preventDefault();
    const body = { name: name.value.trim(), ...limitOf(limit, reset) };
    if (expires.value) body.expires_at = new Date(expires.value).toISOString();
    await create(body);
  }

  return el('form.card.stack-s', { onsubmit: submit, 'aria-label': 'Create a key' },
    el('h2', 'Create a key'),
    el('div.fields',
      field('Name', name),
      field('Limit, US dollars', limit),
      field('Limit starts anew', reset),
      field('Expires', expires),
      el('div', el('button.primary', { type: 'submit' }, 'Create'))));
}

export const limitInput = (value) => el('input', { type: 'number', min: '0', step: 'any', placeholder: 'none', inputmode: 'decimal', value: value ?? '' });

export const resetSelect = (value) => el('select', RESETS.map(([kind, words]) => el('option', { value: kind, selected: kind === (value ?? '') }, words)));

/** limit and limit_reset as the API takes them; null is none. */
export const limitOf = (limit, reset) => ({
  limit: limit.value === '' ? null : Number(limit.value),
  limit_reset: reset.value || null,
});
