// Parts that several pages are made of.
import { el, newId, say } from './dom.js';

/** What stands where there is nothing yet: what will appear, and how. */
export const empty = (what, how) => el('div.empty', el('strong', what), how);

/** An error, whole: its message, and what the server sent. */
export function fault(error) {
  const body = error.body ?? null;
  const shown = body === null || typeof body === 'string' ? body : JSON.stringify(body, null, 2);
  return el('div.fault', { role: 'alert' },
    el('p', error.status ? `${error.status}: ${error.message}` : error.message),
    shown ? el('pre', shown) : null);
}

/** A table. Columns: { name, num }; rows: lists of text or nodes. The first cell of a row is its heading. */
export function table(label, columns, rows) {
  const heads = columns.map(({ name, num }) => el(num ? 'th.num' : 'th', { scope: 'col' }, name));
  const lines = rows.map((cells) => el('tr', cells.map((cell, i) => {
    const kind = columns[i].num ? '.num' : '';
    return i === 0 ? el(`th${kind}`, { scope: 'row' }, cell) : el(`td${kind}`, cell);
  })));
  return el('div.scroll', { tabindex: '0', role: 'region', 'aria-label': label },
    el('table', el('thead', el('tr', heads)), el('tbody', lines)));
}

/** Big figures in a row: [name, value, what stands under it]. */
export const figures = (items) => el('dl.figures', items.map(([name, value, under]) =>
  el('div', el('dt', name), el('dd', value, under ? el('div.under', under) : null))));

/** Facts below each other: [name, value]. */
export const facts = (items) => el('dl.facts', items.map(([name, value]) => [el('dt', name), el('dd', value)]));

/** A button that copies a text. */
export function copyButton(text, label = 'Copy') {
  const button = el('button.small', { type: 'button', onclick: copy }, label);
  async function copy() {
    const worked = await toClipboard(typeof text === 'function' ? text() : text);
    button.textContent = worked ? 'Copied' : 'Press Ctrl+C';
    say(button.textContent);
    setTimeout(() => { button.textContent = label; }, 1500);
  }
  return button;
}

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // not a secure context: a box is often reached by http and a bare address
    const area = el('textarea', { value: text, readOnly: true, 'aria-label': 'To copy' });
    document.body.append(area);
    area.select();
    const worked = document.execCommand('copy');
    area.remove();
    return worked;
  }
}

/** Code with a button that copies it. */
export const code = (text, label) => el('div.code',
  el('pre', { tabindex: '0', role: 'region', 'aria-label': label }, el('code', text)), copyButton(text));

/** One of several: buttons of which one is pressed. Calls `choose` with its value. */
export function choices(label, options, chosen, choose) {
  const buttons = options.map(([value, name]) => el('button', {
    type: 'button',
    'aria-pressed': String(value === chosen),
    onclick: ({ currentTarget }) => {
      for (const button of buttons) button.setAttribute('aria-pressed', String(button === currentTarget));
      choose(value);
    },
  }, name));
  return el('div.choices', { role: 'group', 'aria-label': label }, buttons);
}

/** A control with its label and a line of help. */
export function field(label, control, help) {
  control.id ||= newId('field');
  const note = help ? el('div.help', { id: `${control.id}-help` }, help) : null;
  if (note) control.setAttribute('aria-describedby', note.id);
  return el('div.field', el('label', { for: control.id }, label), control, note);
}

/** Opens a dialog; it leaves the page when it is closed. `fill` gets a function that closes it. */
export function openDialog(title, fill) {
  const id = newId('dialog');
  const dialog = el('dialog', { 'aria-labelledby': id, onclose: () => dialog.remove() });
  const close = () => dialog.close();
  dialog.append(
    el('div.row.spread', el('h2', { id }, title), el('button.small', { type: 'button', onclick: close }, 'Close')),
    ...[fill(close)].flat(),
  );
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
