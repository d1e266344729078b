// Asks for the key that this page sends.
import { el } from './dom.js';
import { field, openDialog } from './parts.js';
import { keepKey, keyOf } from './session.js';

/** Opens the dialog for the user's key. */
export const askForKey = () => openDialog('API key', (close) => {
  const input = el('input.mono', { type: 'password', autocomplete: 'off', spellcheck: 'false', value: keyOf('user') ?? '', placeholder: 'sk-or-v1-…' });
  const keep = (text) => {
    keepKey('user', text);
    close();
  };
  return [
    el('form.stack', { onsubmit: (event) => { event.preventDefault(); keep(input.value); } },
      field('Key', input, 'Needed only where this server asks for keys. It stays in this tab and is gone when the tab is closed.'),
      el('div.row',
        el('button.primary', { type: 'submit' }, 'Use it'),
        el('button', { type: 'button', onclick: () => keep('') }, 'Forget it'))),
  ];
});
