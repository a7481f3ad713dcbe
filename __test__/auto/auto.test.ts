import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Provider, startProvider } from '../servers/provider.js';
import { run } from '../workers/program.js';

const program = (name: string) => new URL(`programs/${name}`, import.meta.url).href;
const AUTO = ['--import', 'warmline/auto'];
const OLDER_NODE = [
  '--require',
  fileURLToPath(new URL('programs/without-register-hooks.cjs', import.meta.url)),
];

const FETCH = { kind: 'global', name: 'globalThis.fetch', streams: 'transport' };
const OPENAI = { kind: 'class', name: 'OpenAI', streams: 'native' };

let provider: Provider;

beforeAll(async () => {
  provider = await startProvider();
});

afterAll(() => provider[Symbol.asyncDispose]());

async function outcome(
  name: string,
  nodeOptions: readonly string[],
  environment: Record<string, string> = {},
) {
  const ending = await run(program(name), [provider.origin], nodeOptions, environment);
  expect(ending).toMatchObject({ code: 0, signal: null });
  const { text, agent, patched } = JSON.parse(ending.lines[0] ?? '');
  return { text, onEngine: agent.startsWith('warmline'), patched, stderr: ending.stderr };
}

describe('an application', () => {
  it.each([
    ['of ES modules', 'module.mjs', AUTO],
    ['of ES modules, on a Node without synchronous hooks', 'module.mjs', [...OLDER_NODE, ...AUTO]],
    ['of CommonJS modules', 'common.cjs', AUTO],
    ['that requires it after its SDK', 'loaded-before.cjs', []],
  ])('%s is patched without a change to it', async (_, name, nodeOptions) => {
    const plain = await outcome('module.mjs', []);
    expect(plain).toMatchObject({ onEngine: false, patched: [], stderr: '' });
    expect(await outcome(name, nodeOptions)).toEqual({
      ...plain,
      onEngine: true,
      patched: expect.arrayContaining([FETCH, OPENAI]),
    });
  });

  it('that imports it with its SDK, in one go, has the transport patched, for its SDK is loaded by then', async () => {
    expect(await outcome('imported-first.mjs', [])).toMatchObject({
      onEngine: true,
      patched: [FETCH],
    });
  });

  it.each(['transports.mjs', 'transports.cjs'])(
    'that uses axios and undici has them patched, too (%s)',
    async (name) => {
      const environment = { WARMLINE_DEBUG: '1', WARMLINE_PATCH: 'axios,undici' };
      const ending = await run(program(name), [provider.origin], AUTO, environment);
      expect(ending).toMatchObject({ code: 0, signal: null });
      const { agents, patched } = JSON.parse(ending.lines[0] ?? '');
      expect(agents).toEqual([
        expect.stringMatching(/^axios\//),
        expect.stringMatching(/^warmline\//),
      ]);
      expect(new Map(patched)).toEqual(
        new Map([
          ['axios', 1],
          ['undici', 1],
        ]),
      );
      expect(ending.stderr).toContain('warmline: patched axios\n');
      expect(ending.stderr).toContain('warmline: patched undici\n');
    },
  );

  it.each(['clients.mjs', 'clients.cjs'])(
    'that uses clients for clouds has them patched, too (%s)',
    async (name) => {
      const environment = { WARMLINE_PATCH: 'openai,anthropic' };
      const ending = await run(program(name), [], AUTO, environment);
      expect(ending).toMatchObject({ code: 0, signal: null, stderr: '' });
      expect(JSON.parse(ending.lines[0] ?? '')).toEqual({
        patched: [
          ['BaseAnthropic', 'native', 2],
          ['OpenAI', 'native', 1],
        ],
        texts: [
          ['AnthropicBedrock', 'Hi'],
          ['AnthropicVertex', 'Hi'],
          ['AzureOpenAI', 'Hi'],
        ],
      });
    },
  );

  it('says on standard error what happens, if it is asked to', async () => {
    const { stderr } = await outcome('module.mjs', AUTO, { WARMLINE_DEBUG: '1' });
    expect(stderr).toBe('warmline: patched globalThis.fetch\nwarmline: patched OpenAI of openai\n');
  });
});

describe('the environment', () => {
  it('switches everything off', async () => {
    const environment = { WARMLINE_DISABLE: '1', WARMLINE_DEBUG: '1' };
    const { onEngine, patched, stderr } = await outcome('module.mjs', AUTO, environment);
    expect({ onEngine, patched }).toEqual({ onEngine: false, patched: [] });
    expect(stderr).toBe('warmline: switched off by WARMLINE_DISABLE\n');
  });

  it('names what is patched', async () => {
    expect(await outcome('module.mjs', AUTO, { WARMLINE_PATCH: ' OpenAI ' })).toMatchObject({
      onEngine: false,
      patched: [OPENAI],
    });
    expect(await outcome('module.mjs', AUTO, { WARMLINE_PATCH: 'fetch' })).toMatchObject({
      onEngine: true,
      patched: [FETCH],
    });
  });

  it('is told of a name that nobody knows', async () => {
    const { stderr, patched } = await outcome('module.mjs', AUTO, { WARMLINE_PATCH: 'opnai' });
    expect(patched).toEqual([]);
    expect(stderr).toContain('[WARMLINE_FLAGS]');
    expect(stderr).toContain('opnai; there is fetch, openai, anthropic, groq, axios, undici');
  });

  it('says how much of what could be patched is', async () => {
    expect(await outcome('module.mjs', AUTO, { WARMLINE_ROLLOUT: '0' })).toMatchObject({
      patched: [],
    });
    expect((await outcome('module.mjs', AUTO, { WARMLINE_ROLLOUT: '100%' })).patched).toHaveLength(
      2,
    );
  });

  it('gets nothing for a share that cannot be read', async () => {
    const { stderr, patched } = await outcome('module.mjs', AUTO, { WARMLINE_ROLLOUT: 'ten' });
    expect(patched).toEqual([]);
    expect(stderr).toContain('WARMLINE_ROLLOUT must be a number from 0 to 100, not "ten"');
  });
});
