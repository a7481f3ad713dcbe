import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type Config, ConfigError, watchConfig } from 'warmline/config';
import { Changes } from '../servers/changes.js';
import { run } from '../workers/program.js';
import { temporary } from './temporary.js';

const limit = (max: number | string): string => `http_client: { max_connections: ${max} }\n`;

/** Watches, and notes what it is told. */
async function watched(path: string, refuse: (config: Config) => boolean = () => false) {
  const configs: Config[] = [];
  const errors: unknown[] = [];
  const changes = new Changes();
  const watch = await watchConfig(path, {
    env: {},
    onChange(config) {
      if (refuse(config)) throw new RangeError('refused');
      configs.push(config);
      changes.change();
    },
    onError(error) {
      errors.push(error);
      changes.change();
    },
  });
  return {
    watch,
    errors,
    limits: () => configs.map(({ client }) => client.maxConnections),
    until: (holds: () => boolean) => changes.untilTrue(holds),
    async [Symbol.asyncDispose]() {
      watch.close();
    },
  };
}

describe('a watched file', () => {
  it('is read again when it is written', async () => {
    await using folder = temporary({ 'warmline.yaml': limit(1) });
    await using seen = await watched(folder.path('warmline.yaml'));
    expect(seen.watch.config.client.maxConnections).toBe(1);
    for (const max of [2, 3]) {
      folder.write('warmline.yaml', limit(max));
      await seen.until(() => seen.limits().includes(max));
      expect(seen.watch.config.client.maxConnections).toBe(max);
    }
    expect(seen.limits()).toEqual([2, 3]);
    expect(seen.errors).toEqual([]);
  });

  it('may be replaced by another one, as editors do it', async () => {
    await using folder = temporary({ 'warmline.yaml': limit(1), '.new': limit(2) });
    await using seen = await watched(folder.path('warmline.yaml'));
    renameSync(folder.path('.new'), folder.path('warmline.yaml'));
    await seen.until(() => seen.limits().includes(2));
    folder.write('.new', limit(3));
    renameSync(folder.path('.new'), folder.path('warmline.yaml'));
    await seen.until(() => seen.limits().includes(3));
  });

  it.skipIf(process.platform === 'win32')(
    'may be reached by links, as Kubernetes mounts it',
    async () => {
      await using folder = temporary({});
      for (const max of [1, 2]) {
        await mkdir(folder.path(`..${max}`));
        await writeFile(folder.path(`..${max}/warmline.yaml`), limit(max));
      }
      symlinkSync('..1', folder.path('..data'));
      symlinkSync('..data/warmline.yaml', folder.path('warmline.yaml'));
      await using seen = await watched(folder.path('warmline.yaml'));
      symlinkSync('..2', folder.path('..data_tmp'));
      renameSync(folder.path('..data_tmp'), folder.path('..data'));
      await seen.until(() => seen.limits().includes(2));
      // Where it leads now is watched, too.
      await writeFile(folder.path('..2/warmline.yaml'), limit(3));
      await seen.until(() => seen.limits().includes(3));
    },
  );

  it('keeps what it had when a change is wrong, says so, and takes the next good one', async () => {
    await using folder = temporary({ 'warmline.yaml': limit(1) });
    const file = folder.path('warmline.yaml');
    await using seen = await watched(file);
    folder.write('warmline.yaml', limit('many'));
    await seen.until(() => seen.errors.length === 1);
    expect(seen.errors[0]).toBeInstanceOf(ConfigError);
    expect((seen.errors[0] as ConfigError).issues).toMatchObject([
      { source: file, line: 1, key: 'http_client.max_connections', found: 'many' },
    ]);
    expect(seen.watch.config.client.maxConnections).toBe(1);
    folder.write('warmline.yaml', limit(2));
    await seen.until(() => seen.limits().includes(2));
    rmSync(file);
    await seen.until(() => seen.errors.length === 2);
    expect(seen.errors[1]).toMatchObject({ code: 'ENOENT' });
    expect(seen.watch.config.client.maxConnections).toBe(2);
    folder.write('warmline.yaml', limit(3));
    await seen.until(() => seen.limits().includes(3));
  });

  it('keeps what it had when its user refuses a change', async () => {
    await using folder = temporary({ 'warmline.yaml': limit(1) });
    const refuse = ({ client }: Config) => client.maxConnections === 2;
    await using seen = await watched(folder.path('warmline.yaml'), refuse);
    folder.write('warmline.yaml', limit(2));
    await seen.until(() => seen.errors.length === 1);
    expect(seen.errors).toEqual([new RangeError('refused')]);
    expect(seen.watch.config.client.maxConnections).toBe(1);
  });

  it('must be good to begin with', async () => {
    await using folder = temporary({ 'warmline.yaml': limit('many') });
    await expect(watched(folder.path('warmline.yaml'))).rejects.toBeInstanceOf(ConfigError);
    await expect(watched(folder.path('none.yaml'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('keeps no process alive', async () => {
    await using folder = temporary({ 'warmline.yaml': limit(1) });
    const program = new URL('programs/watch.mjs', import.meta.url).href;
    const ending = await run(program, [folder.path('warmline.yaml')]);
    expect(ending).toMatchObject({ code: 0, signal: null, lines: ['watching'] });
  });
});
