// Apps: who uses this model here.
import { el } from '../../dom.js';
import { integer } from '../../format.js';
import { empty, table } from '../../parts.js';
import { missing } from '../../missing.js';

export function apps({ stats, error }) {
  const lead = el('p.lead', 'Top apps of this box this month, by prompt and completion tokens.');
  if (!stats) return [lead, missing(error)];
  if (!stats.apps.length) {
    return [lead, empty('No app has told its name', 'A program that sends the headers HTTP-Referer and X-OpenRouter-Title appears here with its tokens.')];
  }
  const heads = [{ name: 'App' }, { name: 'Categories' }, { name: 'Tokens', num: true }, { name: 'Requests', num: true }];
  return [lead, table('Apps', heads, stats.apps.map((app) => [named(app), app.categories.join(', ') || '–', integer(app.tokens), integer(app.requests)]))];
}

function named({ rank, title, url }) {
  const name = title || url || 'unnamed';
  return el('span', `${rank}. `, isWeb(url) ? el('a', { href: url, rel: 'noreferrer noopener nofollow', target: '_blank' }, name) : name);
}

/** An app names itself: only an address that opens a page becomes a link. */
function isWeb(url) {
  try {
    return ['http:', 'https:'].includes(new URL(url).protocol);
  } catch {
    return false;
  }
}
