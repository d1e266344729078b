// The model page: every tab, by URL and by keyboard.
import { accessible, assert, open, panel, says, TABS } from './common.mjs';

/** Each tab holds each of its texts: { overview: ['…'], … }. */
export async function tabsSay(page, url, { texts }) {
  for (const tab of TABS) {
    await open(page, url, tab);
    await says(panel(page, tab), texts[tab]);
    assert.equal(await page.locator('[role=tabpanel]:visible').count(), 1);
  }
}

/** The header's chips, the copied slug, and the figures under Compare. */
export async function headerSays(page, url, { texts, compared }) {
  await open(page, url, 'overview');
  await says(page.locator('.model-head'), texts);
  await page.getByRole('button', { name: 'Copy slug' }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'nemotron-runtime/embedded-demo');
  await page.getByRole('button', { name: 'Compare' }).click();
  await says(page.getByRole('dialog'), compared);
  await accessible(page, 'the comparison');
}

/** From the skip link through the pages to the tabs, and along them. */
export async function keyboard(page, url) {
  await open(page, url, 'overview');
  const focused = () => page.evaluate(() => document.activeElement.textContent.trim());
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'Skip to the content');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  assert.equal(await page.evaluate(() => location.hash), '#overview');
  for (let i = 0; (await page.evaluate(() => document.activeElement.getAttribute('role'))) !== 'tab'; i += 1) {
    assert.ok(i < 20, 'the tabs cannot be reached by Tab');
    await page.keyboard.press('Tab');
  }
  const walk = [['ArrowRight', 'Providers'], ['ArrowRight', 'Performance'], ['End', 'API'], ['ArrowRight', 'Overview'], ['ArrowLeft', 'API'], ['Home', 'Overview']];
  for (const [key, name] of walk) {
    await page.keyboard.press(key);
    assert.equal(await focused(), name);
    await page.waitForFunction((tab) => document.querySelector('[role=tab][aria-selected=true]').textContent === tab, name);
  }
  assert.equal(await page.locator('[role=tab][tabindex="0"]').count(), 1);
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.notEqual(outline, 'none');
  for (let i = 0; (await page.evaluate(() => document.activeElement.getAttribute('role'))) !== 'tabpanel'; i += 1) {
    assert.ok(i < 3, 'the panel cannot be reached by Tab');
    await page.keyboard.press('Tab');
  }
}

/** Back and forward go through the tabs. */
export async function history(page, url) {
  await open(page, url, 'pricing');
  await page.getByRole('tab', { name: 'Uptime' }).click();
  await page.waitForURL(/#uptime$/);
  await page.goBack();
  await panel(page, 'pricing').waitFor();
}

/** The window of the performance tab is asked for by URL, and stays over a refresh. */
export async function windows(page, url) {
  await open(page, url, 'performance');
  const asked = page.waitForRequest(/stats\?window=3d/);
  await page.getByRole('button', { name: '3 days' }).click();
  await asked;
  const again = page.waitForRequest(/stats\?window=3d/);
  await page.getByRole('button', { name: 'Refresh' }).click();
  await again;
  assert.equal(await page.getByRole('button', { name: '3 days' }).getAttribute('aria-pressed'), 'true');
}

/** Where keys are on, the figures ask for one, and come once it was given; no URL holds it. */
export async function asksForKey(page, url, { key }) {
  const urls = [];
  page.on('request', (request) => urls.push(request.url()));
  await open(page, url, 'overview');
  await panel(page, 'overview').getByRole('button', { name: 'Enter the key' }).click();
  await page.getByRole('dialog').getByLabel('Key', { exact: true }).fill(key);
  await page.getByRole('button', { name: 'Use it' }).click();
  await panel(page, 'overview').getByText('Prompt tokens').first().waitFor();
  assert.ok(urls.every((asked) => !asked.includes(key)));
  assert.ok(!page.url().includes(key));
  assert.equal(await page.evaluate((text) => JSON.stringify(localStorage).includes(text), key), false);
}

/** Texts of users stay text. */
export async function textStaysText(page, url, { marked }) {
  await open(page, url, 'apps');
  await says(panel(page, 'apps'), [marked]);
  assert.equal(await page.locator('main img').count(), 0);
  assert.equal(await page.evaluate(() => globalThis.broken), undefined);
  assert.equal(await panel(page, 'apps').locator('a[href^="javascript"]').count(), 0);
}
