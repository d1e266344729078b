// The tabs of the model's page, in order. Each: id, name, and build(facts), which makes its content anew.
import { activity } from './tabs/activity.js';
import { api } from './tabs/api.js';
import { apps } from './tabs/apps.js';
import { benchmarks } from './tabs/benchmarks.js';
import { overview } from './tabs/overview.js';
import { performance } from './tabs/performance.js';
import { pricing } from './tabs/pricing.js';
import { providers } from './tabs/providers.js';
import { uptime } from './tabs/uptime.js';

export const TABS = [
  { id: 'overview', name: 'Overview', build: overview },
  { id: 'providers', name: 'Providers', build: providers },
  { id: 'performance', name: 'Performance', build: performance },
  { id: 'pricing', name: 'Pricing', build: pricing },
  { id: 'benchmarks', name: 'Benchmarks', build: benchmarks },
  { id: 'apps', name: 'Apps', build: apps },
  { id: 'activity', name: 'Activity', build: activity },
  { id: 'uptime', name: 'Uptime', build: uptime },
  { id: 'api', name: 'API', build: api },
];
