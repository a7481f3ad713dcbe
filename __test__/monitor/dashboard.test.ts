import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpServer } from '../servers/http.js';
import { refusingOrigin } from '../servers/refusing.js';
import { watched } from './watched.js';

const PATHS = [process.env['WARMLINE_CHROMIUM'], '/usr/bin/chromium', '/usr/bin/google-chrome'];
const executablePath = PATHS.find((path) => path !== undefined && existsSync(path));
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];

describe.skipIf(executablePath === undefined && process.env['WARMLINE_PEERS'] === undefined)(
  'the dashboard, in a browser',
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath: `${executablePath}`, args: ARGS });
    }, 120_000);
    afterAll(() => browser?.close());

    it('is live, opens an origin, and shows alerts as they come and go', {
      timeout: 120_000,
    }, async () => {
      await using server = await httpServer((_, response) => response.end('body'));
      const refusing = await refusingOrigin();
      await using setup = await watched({
        interval: 200,
        alerts: [{ name: 'failing', condition: 'error_rate > 0.5', message: 'requests fail' }],
      });
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      const asked: string[] = [];
      page.on('request', (request) => asked.push(new URL(request.url()).origin));

      await page.goto(setup.url);
      await page.getByText('live', { exact: true }).waitFor();
      expect(await page.locator('#charts canvas').count()).toBe(12);
      expect(await page.locator('.card[data-grade="good"]').count()).toBe(7);

      await setup.client.request('GET', refusing).catch(() => {});
      await page.locator('#alerts li', { hasText: 'requests fail' }).waitFor();
      for (let i = 0; i < 30; i++) await setup.client.request('GET', server.origin);
      const row = page.locator('#origins tr', { hasText: server.origin });
      await row.locator('td:nth-child(5)', { hasText: /^30$/ }).waitFor();
      await page.locator('#alerts li').waitFor({ state: 'detached' });

      const body = JSON.stringify({ model: 'a-model' });
      await setup.client.request('POST', server.origin, { body });
      const model = page.locator('#models tr', { hasText: 'a-model' });
      await model.locator('td:nth-child(3)', { hasText: /^1$/ }).waitFor();
      await page.locator('#threads tr', { hasText: 'main' }).waitFor();
      const connections = page.locator('figure', { hasText: 'Connections' });
      await connections.locator('p span', { hasText: /^idle1$/ }).waitFor();

      await row.getByRole('button').focus();
      await page.keyboard.press('Enter');
      const dialog = page.getByRole('dialog');
      await dialog.getByText('received_bytes_total').waitFor();
      const shot = process.env['WARMLINE_SCREENSHOT'];
      await page.keyboard.press('Escape');
      if (shot !== undefined) await page.screenshot({ path: shot, fullPage: true });
      expect(complaints).toEqual([]);
      expect(new Set(asked)).toEqual(new Set([setup.url]));
      await page.close();
    });

    it('asks for the token where there is one', { timeout: 120_000 }, async () => {
      await using setup = await watched({ token: 'a-secret-token' });
      const page = await browser.newPage();
      await page.goto(setup.url);
      await page.getByLabel('Token').fill('a-secret-token');
      await page.getByRole('button', { name: 'Show' }).click();
      await page.getByText('live', { exact: true }).waitFor();
      expect(page.url()).not.toContain('secret');
      await page.close();
    });

    it('resizes, drains and resets for those with the token alone', {
      timeout: 120_000,
    }, async () => {
      await using server = await httpServer((_, response) => response.writeHead(500).end());
      await using setup = await watched(
        { token: 'a-secret-token', interval: 200 },
        { circuitBreaker: { failureThreshold: 1 } },
      );
      await setup.client.request('GET', server.origin);
      const page = await browser.newPage();
      await page.goto(setup.url);
      await page.getByLabel('Token').fill('a-secret-token');
      await page.getByRole('button', { name: 'Show' }).click();
      await page.locator('#places td[data-grade="bad"]', { hasText: 'open' }).waitFor();
      await page.getByRole('button', { name: `Reset the breaker of ${server.origin}` }).click();
      await page.locator('#places td[data-grade="good"]', { hasText: 'closed' }).waitFor();
      await page.getByLabel('Most connections').fill('12');
      await page.getByLabel('Most idle ones').fill('5');
      await page.getByRole('button', { name: 'Resize' }).click();
      await page.getByText('resize: done').waitFor();
      expect(setup.client.getPoolMetrics()).toMatchObject({
        maxConnections: 12,
        maxKeepaliveConnections: 5,
        connectionsIdle: 1,
      });
      await page.getByRole('button', { name: 'Drain' }).click();
      await page.getByText('drain: done').waitFor();
      expect(setup.client.getPoolMetrics().connectionsIdle).toBe(0);
      await page.close();

      await using open = await watched({ interval: 200 });
      const another = await browser.newPage();
      await another.goto(open.url);
      await another.getByText('live', { exact: true }).waitFor();
      expect(await another.locator('#controls-section').isVisible()).toBe(false);
      await another.close();
    });
  },
);
