// What stands where the statistics would, when they can't be had.
import { el } from './dom.js';
import { askForKey } from './key_dialog.js';
import { empty, fault } from './parts.js';

/** Says why there are no statistics, and what to do. */
export function missing(error) {
  if (error.status === 401 || error.status === 403) {
    return el('div.empty', el('strong', 'This server asks for a key'),
      'Its statistics are for those who have one. ', el('button.small', { type: 'button', onclick: askForKey }, 'Enter the key'));
  }
  return fault(error);
}
