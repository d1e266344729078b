// Asks for a key, which stays in this tab.
import { el } from './dom.js';
import { field, openDialog } from './parts.js';
import { keepKey, keyOf } from './session.js';

const WORDS = {
  user: ['API key', 'For servers that ask for one. It opens the playground and the figures of this page.'],
  management: ['Management key', 'It lists, creates, limits and deletes keys; it cannot chat. nemotron keys create --management makes the first one.'],
};

/** Opens the dialog for a kind of key: 'user' or 'management'. */
export function askForKey(kind) {
  const [title, about] = WORDS[kind];
  openDialog(title, (close) => {
    const input = el('input', { type: 'password', autocomplete: 'off', spellcheck: 'false', value: keyOf(kind) ?? '', placeholder: 'sk-or-v1-…' });
    const keep = (event) => {
      event.preventDefault();
      keepKey(kind, input.value);
      close();
    };
    const forget = () => {
      keepKey(kind, '');
      close();
    };
    return el('form.stack', { onsubmit: keep },
      field(title, input, `${about} It is kept in this tab only, and forgotten with it.`),
      el('div.row', el('button.primary', { type: 'submit' }, 'Use this key'),
        el('button', { type: 'button', onclick: forget, disabled: !keyOf(kind) }, 'Forget it')));
  });
}
