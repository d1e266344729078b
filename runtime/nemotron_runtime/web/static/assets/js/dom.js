// Elements from values. Text becomes text nodes and nothing else: no string is ever parsed as markup.

/**
 * Makes an element: el('p.note', { title: 'x', onclick: f }, 'text', child).
 * Children that are null, undefined or false are left out; arrays are spread.
 */
export function el(spec, ...rest) {
  const [tag, ...classes] = spec.split('.');
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(' ');
  const attributes = isAttributes(rest[0]) ? rest.shift() : {};
  for (const [name, value] of Object.entries(attributes)) set(node, name, value);
  node.append(...children(rest));
  return node;
}

/** The same for SVG; all attributes are set as such. */
export function svg(tag, attributes = {}, ...rest) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children(rest));
  return node;
}

const isAttributes = (value) => value !== null && typeof value === 'object' && !(value instanceof Node) && !Array.isArray(value);

const children = (list) => list.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);

const PROPERTIES = new Set(['value', 'checked', 'disabled', 'hidden', 'open', 'readOnly', 'required', 'selected']);

function set(node, name, value) {
  if (value === null || value === undefined) return;
  if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
  else if (PROPERTIES.has(name)) node[name] = value;
  else node.setAttribute(name, value);
}

let count = 0;

/** An id that no other element has. */
export const newId = (prefix) => `${prefix}-${++count}`;

/** Says a sentence to screen readers. */
export function say(text) {
  document.getElementById('status').textContent = text;
}
