// The playground over the real streaming route.
import { accessible, assert, open, says, shot } from './common.mjs';

const message = (page) => page.getByLabel('Your message');
const answers = (page) => page.getByRole('article', { name: 'Answer' });

/** Waits for the end of an answer: that of the last, where there are this many. */
async function ended(page, count = 1) {
  await answers(page).nth(count - 1).waitFor();
  await page.waitForFunction(() => [...document.querySelectorAll('button')].find(({ textContent }) => textContent === 'Stop').disabled);
}

async function say(page, text) {
  await message(page).fill(text);
  await page.keyboard.press('Enter');
}

/** A thought, a tool call that the user answers, and the answer after it. */
export async function toolLoop(page, url, { prompt, calls, results, before, after, thought, settings = {}, shots }) {
  await open(page, url, 'playground');
  await page.getByText('Tools', { exact: true }).click();
  await page.getByRole('button', { name: 'Insert an example' }).click();
  for (const [name, value] of Object.entries(settings)) await page.getByLabel(name, { exact: true }).fill(value);
  await say(page, prompt);
  await ended(page);
  const first = answers(page).first();
  assert.equal(await first.locator('.thought').evaluate((node) => node.open), false);
  await first.getByText('Reasoning', { exact: true }).click();
  if (thought !== undefined) assert.equal((await first.locator('.thought .text').textContent()), thought);
  if (before !== undefined) assert.ok((await first.locator('> .text').textContent()).startsWith(before));
  const areas = first.getByRole('textbox');
  if (calls !== undefined) assert.deepEqual(await first.locator('.call code').allTextContents(), calls);
  assert.ok(await page.getByRole('button', { name: 'Send', exact: true }).isDisabled());
  await shot(page, shots, 'tool-call');
  await accessible(page, 'a tool call');
  for (let i = 0; i < await areas.count(); i += 1) await areas.nth(i).fill(results[i % results.length]);
  await page.getByRole('button', { name: 'Send results' }).click();
  await ended(page, 2);
  const text = await answers(page).nth(1).locator('> .text').textContent();
  if (after !== undefined) assert.equal(text, after);
  const measures = (await answers(page).nth(1).locator('.measures').innerText()).replaceAll(/\s+/g, ' ');
  for (const name of ['First token', 'Speed', 'Tokens', 'Reasoning', 'Cost', 'Ended by stop']) assert.ok(measures.includes(name), measures);
  const gap = await page.evaluate(() => document.scrollingElement.scrollHeight - document.scrollingElement.scrollTop - innerHeight);
  assert.ok(gap < 2, `the end of the answer is ${gap} px below what is seen`);
  await shot(page, shots, 'tool-loop');
  return text;
}

/** A plain answer; `text` is what stands there in the end. */
export async function asks(page, url, { prompt, text }) {
  await open(page, url, 'playground');
  await say(page, prompt);
  await ended(page);
  assert.equal(await answers(page).first().locator('> .text').textContent(), text);
  assert.equal(await page.locator('.transcript .text *').count(), 0);
  assert.equal(await page.evaluate(() => globalThis.broken), undefined);
}

/** Stop ends an answer that hangs; what came is kept and the conversation goes on. */
export async function stops(page, url, { prompt, half, next, text }) {
  await open(page, url, 'playground');
  await say(page, prompt);
  await page.getByText(half).waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  await answers(page).first().getByText('stopped here').waitFor();
  await say(page, next);
  await ended(page, 2);
  assert.equal(await answers(page).nth(1).locator('> .text').textContent(), text);
}

/** Errors are shown whole: status, message and body; the request can be tried again. */
export async function fails(page, url, { prompt, parts }) {
  await open(page, url, 'playground');
  await say(page, prompt);
  const alert = page.getByRole('alert');
  await alert.waitFor();
  await says(alert, parts);
  assert.equal(await message(page).inputValue(), '');
  await page.getByRole('button', { name: 'Try again' }).waitFor();
}

/** Parameters reach the request; the code of the conversation says the same. */
export async function parameters(page, url, { prompt, settings, choices, sent }) {
  await open(page, url, 'playground');
  await page.getByText('Tools', { exact: true }).click();
  for (const [name, value] of Object.entries(settings)) await page.getByLabel(name, { exact: true }).fill(value);
  for (const [name, value] of Object.entries(choices)) await page.getByLabel(name, { exact: true }).selectOption(value);
  await page.getByLabel('System prompt').fill('Be brief.');
  const asked = page.waitForRequest(/chat\/completions/);
  await say(page, prompt);
  const body = (await asked).postDataJSON();
  assert.deepEqual(body, { ...sent, messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: prompt }], stream: true });
  await ended(page);
  await page.getByRole('button', { name: 'As code' }).click();
  const program = page.getByRole('dialog').locator('pre');
  assert.ok((await program.textContent()).startsWith('curl '));
  await accessible(page, 'the dialog');
  await page.getByRole('button', { name: 'Python', exact: true }).click();
  assert.ok((await program.textContent()).includes('"content": "Be brief."'));
  await page.getByRole('dialog').getByRole('button', { name: 'Copy', exact: true }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await program.textContent());
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

/** A wrong field is named before anything is sent. */
export async function wrongTools(page, url) {
  let sent = 0;
  page.on('request', (request) => { sent += request.url().endsWith('/chat/completions') ? 1 : 0; });
  await open(page, url, 'playground');
  await page.getByText('Tools', { exact: true }).click();
  await page.getByLabel('Tools, as JSON').fill('[{');
  await say(page, 'hello');
  assert.ok((await page.getByRole('alert').innerText()).startsWith('The list of tools is not valid JSON'));
  assert.equal(sent, 0);
}

/** The form offers what the catalogue lists, and nothing else. */
export async function offers(page, url, { listed }) {
  await page.route('**/api/v1/models', async (route) => {
    const response = await route.fetch();
    const body = await response.json();
    body.data[0].supported_parameters = listed;
    await route.fulfill({ response, json: body });
  });
  await open(page, url, 'playground');
  await page.getByLabel('System prompt').waitFor();
  return await page.locator('.settings .field label').allTextContents();
}
