// What several checks do.
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export { assert };

export const TABS = ['overview', 'providers', 'performance', 'pricing', 'benchmarks', 'apps', 'activity', 'uptime', 'api'];

const RULES = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Opens a page or a tab and waits until its data stand. */
export async function open(page, url, hash) {
  await page.goto(`${url}/#${hash}`);
  await (TABS.includes(hash) ? panel(page, hash) : page.locator(`#page-${hash}`)).locator('> *').first().waitFor();
}

export const panel = (page, name) => page.locator(`[role=tabpanel][aria-labelledby=tab-${name}]`);

/** Waits until a place holds all texts, white space aside; fails with what it holds. */
export async function says(place, texts) {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const shown = (await place.innerText()).replaceAll(/\s+/g, ' ');
    const lacking = texts.filter((text) => !shown.includes(text));
    if (!lacking.length) return;
    assert.ok(Date.now() < deadline, `${JSON.stringify(lacking)} is lacking: ${shown}`);
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

/** Fails where axe-core finds a violation of WCAG 2.2 A or AA or of its best practices. */
export async function accessible(page, where) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(RULES); // not under the page's policy
  const violations = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
    return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html, any }) => `${html.slice(0, 160)} ${any[0]?.message ?? ''}`).join(' | ')}`);
  });
  assert.deepEqual(violations, [], where);
}

/** Fails where the page can be scrolled sideways. */
export async function fits(page, where) {
  const [inner, whole] = await page.evaluate(() => [document.documentElement.clientWidth, document.documentElement.scrollWidth]);
  assert.ok(whole <= inner, `${where}: ${whole} px wide in ${inner}`);
}

export const shot = async (page, shots, name) => shots && page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
