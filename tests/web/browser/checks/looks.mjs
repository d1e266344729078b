// How the pages look: accessible in light and dark, on narrow screens, without motion.
import { accessible, assert, fits, open, panel, shot, TABS } from './common.mjs';

/** axe-core on every tab and page. */
export async function everyPageIsAccessible(page, url, { shots, name }) {
  for (const place of [...TABS, 'playground', 'keys']) {
    await open(page, url, place);
    await settled(page, place);
    await accessible(page, place);
    await fits(page, place);
    await shot(page, shots, `${name}-${place}`);
  }
}

/** Nothing can be scrolled sideways, and the last control can be reached. */
export async function everyPageFits(page, url, { shots, name }) {
  for (const place of [...TABS, 'playground', 'keys']) {
    await open(page, url, place);
    await settled(page, place);
    await fits(page, place);
    await shot(page, shots, `${name}-${place}`);
  }
}

/** The toggle goes from the system's theme to light and dark, is kept, and the charts follow. */
export async function theme(page, url) {
  await open(page, url, 'overview');
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const before = await ground();
  await page.getByRole('button', { name: 'Theme: system' }).click();
  assert.equal(await ground(), before); // the system's is light
  await page.getByRole('button', { name: 'Theme: light' }).click();
  const dark = await ground();
  assert.notEqual(dark, before);
  await page.reload();
  assert.equal(await ground(), dark);
  await page.getByRole('button', { name: 'Theme: dark' }).click();
  assert.equal(await ground(), before);
}

/** Charts are drawn, once, as wide as their place, again after a change of the theme. */
export async function chartsAreDrawn(page, url, { tabs }) {
  for (const [tab, count] of Object.entries(tabs)) {
    await open(page, url, tab);
    await settled(page, tab);
    assert.equal(await panel(page, tab).locator('canvas').count(), count, tab);
    await page.evaluate(() => document.dispatchEvent(new Event('themechange')));
    assert.equal(await panel(page, tab).locator('canvas').count(), count, tab);
    const painted = await panel(page, tab).locator('canvas').first().evaluate((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value) => value !== 0);
    });
    assert.ok(painted, `${tab}: the canvas is empty`);
  }
}

/** All that the page fetches or draws by itself is there. */
async function settled(page, place) {
  if (place === 'benchmarks') await panel(page, place).locator('table').first().waitFor();
  await page.waitForFunction(() => [...document.querySelectorAll('.plot')].every((plot) => !plot.clientWidth || plot.querySelector('canvas')));
}
