// One browser for all tests: a task a line on stdin, and a line on stdout with what was seen or what went wrong.
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';
import * as keys from './checks/keys.mjs';
import * as looks from './checks/looks.mjs';
import * as modules from './checks/modules.mjs';
import * as playground from './checks/playground.mjs';
import * as tabs from './checks/tabs.mjs';

const CHECKS = { ...keys, ...looks, ...modules, ...playground, ...tabs };

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, headless: true, args: ['--no-sandbox', '--disable-gpu'] });

// Every check runs on a fresh page, and fails where the page complains or asks another host.
async function run({ do: name, url, scheme = 'light', width = 1280, height = 900, motion = 'reduce', allow = [], ...task }) {
  const context = await browser.newContext({
    colorScheme: scheme, viewport: { width, height }, reducedMotion: motion, permissions: ['clipboard-read', 'clipboard-write'],
  });
  const complaints = [];
  const complain = (text) => allow.some((part) => text.includes(part)) || complaints.push(text);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complain(`console: ${message.text()}`));
  page.on('pageerror', (error) => complain(`uncaught: ${error}`));
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== 'data:' && origin !== new URL(url).origin) complain(`foreign: ${request.url()}`);
  });
  try {
    const seen = await CHECKS[name](page, url, task);
    return complaints.length ? { error: complaints.join('\n') } : { seen: seen ?? null };
  } catch (error) {
    return { error: [error.stack, ...complaints].join('\n') };
  } finally {
    await context.close();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await run(JSON.parse(line)))}\n`);
}
await browser.close();
