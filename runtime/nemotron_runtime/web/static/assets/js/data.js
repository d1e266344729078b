// What the model page shows: the catalogue's entries and the statistics.
import { askJson } from './api.js';

/** The served model: the first that the catalogue lists. */
export async function loadModel() {
  const { data } = await askJson('/models');
  if (!data.length) throw new Error('The catalogue of this server is empty.');
  return data[0];
}

/** The model at this box. */
export async function loadEndpoint(model) {
  const { data } = await askJson(`/models/${model.id}/endpoints`);
  return data.endpoints[0] ?? null;
}

/** The statistics of a window: '1h', '24h', '3d' or '30d'. */
export async function loadStats(window = '24h') {
  const { data } = await askJson(`/stats?window=${window}`);
  return data;
}
