// Modules without a page around them: the reader of events, figures as text, a request as code.
import { open } from './common.mjs';

/** What the reader makes of bytes, however they are cut: [bytes, …] in base64 → events' data. */
export async function readEvents(page, url, { streams }) {
  await open(page, url, 'playground');
  return await page.evaluate(async (cuts) => {
    const { events } = await import('/assets/js/sse.js');
    const all = [];
    for (const pieces of cuts) {
      const stream = new ReadableStream({
        start(control) {
          for (const piece of pieces) control.enqueue(Uint8Array.from(atob(piece), (byte) => byte.charCodeAt(0)));
          control.close();
        },
      });
      const seen = [];
      for await (const data of events(stream)) seen.push(data);
      all.push(seen);
    }
    return all;
  }, streams);
}

/** Calls functions of format.js: [[name, ...arguments], …] → texts. */
export async function format(page, url, { calls }) {
  await open(page, url, 'playground');
  return await page.evaluate(async (list) => {
    const module = await import('/assets/js/format.js');
    return list.map(([name, ...values]) => module[name](...values));
  }, calls);
}

/** The programs of a request, by language. */
export async function programs(page, url, { body }) {
  await open(page, url, 'playground');
  return await page.evaluate(async (request) => {
    const programs = await import('/assets/js/snippets.js');
    const names = ['curl', 'pythonOpenai', 'pythonOpenrouter', 'typescriptOpenai', 'typescriptOpenrouter'];
    return Object.fromEntries(names.map((name) => [name, programs[name](request)]));
  }, body);
}
