import express from 'express';
import { createMonitor } from 'warmline/monitor';

const monitor = createMonitor({ token: process.env.MONITOR_TOKEN });

const app = express();
app.use('/monitor', (request, response) => monitor.handle(request, response));
app.get('/', (_, response) => response.send('the application\n'));

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/monitor/`);
});
