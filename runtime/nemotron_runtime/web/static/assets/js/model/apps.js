// Who uses this box, as far as they say so.
import { el } from '../dom.js';
import { integer, short } from '../format.js';
import { empty, table } from '../parts.js';
import { missing } from './missing.js';

export function apps({ stats, trouble }) {
  const lead = el('p.lead', 'Top apps this month, by tokens.');
  if (!stats) return [lead, missing(trouble)];
  if (!stats.apps.length) {
    return [lead, empty('No app has named itself', 'An app appears here once its requests carry the header HTTP-Referer (and X-OpenRouter-Title where it runs on localhost).')];
  }
  const columns = [{ name: 'App' }, { name: 'Categories' }, { name: 'Tokens', num: true }, { name: 'Requests', num: true }];
  return [lead, el('div.card', table('Apps', columns, stats.apps.map((app) => [
    el('span', el('span.muted', `${app.rank}. `), named(app)), (app.categories ?? []).map((name) => [el('span.tag', name), ' ']), short(app.tokens), integer(app.requests),
  ])))];
}

/** A link where the address is one of the web; whatever else a client sent stays text. */
function named({ title, url }) {
  const address = URL.canParse(url ?? '') ? new URL(url) : null;
  if (!['http:', 'https:'].includes(address?.protocol)) return title || url || 'unnamed';
  return el('a', { href: address.href, rel: 'noreferrer noopener nofollow', target: '_blank' }, title || address.host);
}
