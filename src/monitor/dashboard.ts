/** The dashboard's page. It is the same for everybody: what it shows, it has to ask for. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { type Answer, text } from './answers.js';

let page: { readonly html: string; readonly policy: string } | undefined;

/** The page, under a policy that lets it run nothing but itself and ask nobody but its monitor. */
export function dashboard(): Answer {
  page ??= read();
  return text(page.html, 'text/html; charset=utf-8', 200, {
    'content-security-policy': page.policy,
    'referrer-policy': 'no-referrer',
  });
}

function read(): { html: string; policy: string } {
  const html = readFileSync(new URL('./dashboard.html', import.meta.url), 'utf8');
  const scripts = [...html.matchAll(/<script>(.*?)<\/script>/gs)].map(([, script]) => {
    const digest = createHash('sha256').update(script as string);
    return `'sha256-${digest.digest('base64')}'`;
  });
  const policy = [
    "default-src 'none'",
    `script-src ${scripts.join(' ')}`,
    "style-src 'unsafe-inline'",
    'img-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return { html, policy: policy.join('; ') };
}
