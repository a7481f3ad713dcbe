import { createServer } from 'node:http';
import { createMonitor } from 'warmline/monitor';

const monitor = createMonitor({ token: process.env.MONITOR_TOKEN });

const server = createServer((request, response) => {
  const { url } = request;
  if (url.startsWith('/monitor/')) {
    request.url = url.slice('/monitor'.length);
    monitor.handle(request, response);
  } else {
    response.end('the application\n');
  }
});
server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/monitor/`);
});
