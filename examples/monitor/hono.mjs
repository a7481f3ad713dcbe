import { Hono } from 'hono';
import { createMonitor } from 'warmline/monitor';

const monitor = createMonitor({ token: process.env.MONITOR_TOKEN });

// For any server of Hono's: of Node, Bun, Deno and others.
export const app = new Hono();
app.mount('/monitor', (request) => monitor.fetch(request));
app.get('/', (context) => context.text('the application\n'));

const health = await app.request('/monitor/health/live');
console.log(health.status, await health.json());
