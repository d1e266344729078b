// What stands in a tab whose figures could not be had.
import { el } from '../dom.js';
import { askForKey } from '../key-dialog.js';
import { empty, fault } from '../parts.js';

export function missing(error) {
  if (error?.status === 401) {
    return el('div.empty.stack-s',
      el('strong', 'These figures need a key'),
      el('p', 'This server asks for keys. Any key of it opens them.'),
      el('button.primary', { type: 'button', onclick: () => askForKey('user') }, 'Enter an API key'));
  }
  if (error) return fault(error);
  return empty('No figures', 'They are loading.');
}
