// OpenRouter's client on the routes of keys and accounting: each call checks what it gets against its own schema.
import { OpenRouter } from '@openrouter/sdk';
import { baseURL, work } from './worker.mjs';

const clientOf = ({ key }) => new OpenRouter({ apiKey: key, serverURL: baseURL, retryConfig: { strategy: 'none' } });

async function firstPage(pages) {
  for await (const page of pages) return page.result;
}

const calls = {
  create: (client, task) => client.apiKeys.create({ requestBody: task.body }),
  list: (client) => client.apiKeys.list({ includeDisabled: true }),
  get: (client, { hash }) => client.apiKeys.get({ hash }),
  update: (client, { hash, body }) => client.apiKeys.update({ hash, requestBody: body }),
  delete: (client, { hash }) => client.apiKeys.delete({ hash }),
  key: (client) => client.apiKeys.getCurrentKeyMetadata(),
  credits: (client) => client.credits.getCredits(),
  generation: (client, { id }) => client.generations.getGeneration({ id }),
  content: (client, { id }) => client.generations.listGenerationContent({ id }),
  activity: (client) => client.analytics.getUserActivity(),
  apps: async (client) => firstPage(await client.datasets.getAppRankings()),
  endpoints: (client, { author, slug }) => client.endpoints.list({ author, slug }),
};

// Answers with what came, or with the error's name and status.
const called = (call) => async (task) => {
  try {
    return { value: await call(clientOf(task), task) };
  } catch (error) {
    return { error: error.name, status: error.statusCode, message: error.message };
  }
};

await work(Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, called(call)])));
