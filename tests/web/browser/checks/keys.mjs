// The keys page over the real routes, with a management key.
import { accessible, assert, open, says, shot } from './common.mjs';

/** Create, limit, disable, enable, delete. */
export async function keysLife(page, url, { management, name, shots }) {
  const urls = [];
  page.on('request', (request) => urls.push(request.url()));
  await open(page, url, 'keys');
  await page.getByLabel('Management key', { exact: true }).fill(management);
  await page.getByRole('button', { name: 'Open', exact: true }).click();

  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Limit in USD').fill('2.5');
  await page.getByLabel('The limit begins anew').selectOption('monthly');
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  const secret = await page.getByRole('region', { name: 'The new key' }).locator('code').textContent();
  assert.match(secret, /^sk-or-v1-[0-9a-f]{64}$/);
  await shot(page, shots, 'key-created');
  await accessible(page, 'a new key');
  assert.equal(await page.locator('main img').count(), 0);

  const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) });
  await row.getByText('$2.5 monthly', { exact: true }).waitFor();
  await row.getByRole('button', { name: 'Limit' }).click();
  await page.getByRole('dialog').getByLabel('Limit in USD').fill('7');
  await page.getByRole('button', { name: 'Save' }).click();
  await row.getByText('$7 monthly', { exact: true }).waitFor();
  await row.getByRole('button', { name: 'Disable' }).click();
  await row.getByText('disabled', { exact: true }).waitFor();
  await row.getByRole('button', { name: 'Enable' }).click();
  await row.getByText('enabled', { exact: true }).waitFor();
  await row.getByRole('button', { name: 'Delete' }).click();
  await accessible(page, 'the question before a deletion');
  await page.getByRole('button', { name: 'Delete it' }).click();
  await row.waitFor({ state: 'detached' });
  assert.ok(!(await page.locator('body').innerText()).includes(secret), 'the secret is shown once');
  assert.ok(urls.every((asked) => !asked.includes(management) && !asked.includes(secret)));
  return secret;
}

/** A key that is none of the management's is refused, and the page says what to do. */
export async function keysRefused(page, url, { management, parts }) {
  await open(page, url, 'keys');
  await page.getByLabel('Management key', { exact: true }).fill(management);
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  await page.getByRole('alert').waitFor();
  await says(page.locator('#page-keys'), parts);
}
