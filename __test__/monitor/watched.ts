import { HttpClient, type HttpClientOptions } from 'warmline';
import { createMonitor, type MonitorOptions } from 'warmline/monitor';

/** The JSON in a response's body. */
export async function bodyOf(response: Response) {
  return JSON.parse(await response.text());
}

/** A client and a monitor of it that listens on loopback. */
export async function watched(
  options: Omit<MonitorOptions, 'client'> = {},
  clientOptions: HttpClientOptions = {},
) {
  const client = new HttpClient({
    timeout: 5000,
    retry: false,
    circuitBreaker: false,
    ...clientOptions,
  });
  const monitor = createMonitor({ client, poolHealth: false, ...options });
  const { url } = await monitor.listen(0);
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${url}${path}`, { headers });
  return {
    client,
    monitor,
    url,
    get,
    async json(path: string) {
      return bodyOf(await get(path));
    },
    async [Symbol.asyncDispose]() {
      await monitor.close();
      client.destroy();
    },
  };
}
