// What a reader of the documents does with a server that a block of code starts: sends it one request, and looks at the
// answer. The server then keeps the process no more.
import { Server } from 'node:http';

const { listen } = Server.prototype;
Server.prototype.listen = function (port, ...rest) {
  this.once('listening', async () => {
    const body = JSON.stringify({
      model: 'gpt-5-mini',
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: 'user', content: 'Hello!' }],
    });
    const answer = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      headers: { connection: 'close' },
      body,
    });
    console.log(answer.status, await answer.text());
    this.unref();
  });
  return listen.call(this, port, ...rest);
};
