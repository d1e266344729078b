// Keys: in this tab's memory and session storage, gone with the tab; never in a URL.

const SLOTS = { user: 'nemotron-key', management: 'nemotron-management-key' };
const memory = {};

const session = (work) => {
  try {
    return work(sessionStorage);
  } catch {
    return null; // storage is blocked: memory is enough
  }
};

/** The key of a kind, 'user' or 'management'; null where none was given. */
export const keyOf = (kind) => memory[kind] ?? session((storage) => storage.getItem(SLOTS[kind]));

/** Keeps a key, or forgets it where the text is empty. */
export function keepKey(kind, text) {
  const key = text.trim();
  memory[kind] = key || null;
  session((storage) => (key ? storage.setItem(SLOTS[kind], key) : storage.removeItem(SLOTS[kind])));
  document.dispatchEvent(new CustomEvent('keychange', { detail: kind }));
}
