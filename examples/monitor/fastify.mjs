import fastify from 'fastify';
import { createMonitor } from 'warmline/monitor';

const monitor = createMonitor({ token: process.env.MONITOR_TOKEN });

const app = fastify();
app.register(async (mounted) => {
  // Bodies are for the monitor to read.
  mounted.removeAllContentTypeParsers();
  mounted.addContentTypeParser('*', (_request, _payload, done) => done(null));
  mounted.all('/monitor/*', (request, reply) => {
    reply.hijack();
    request.raw.url = request.raw.url.slice('/monitor'.length);
    monitor.handle(request.raw, reply.raw);
  });
});
app.get('/', () => 'the application\n');

await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' });
console.log(`http://127.0.0.1:${app.server.address().port}/monitor/`);
