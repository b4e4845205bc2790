// Threats to pages and to what pages type, as a browser and a shell meet them. Numbers as in docs/threat-model.md.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pasted } from '../../src/lab-client/paste.ts';
import { TestLab } from '../support/lab.ts';
import type { Browser } from '../support/lab.ts';

let lab: TestLab;
let browser: Browser;
before(async () => {
  lab = await TestLab.start();
  browser = await lab.browser();
});
after(() => lab.close());

/** A policy's directives, by name. */
function directives(policy: string | null): Map<string, string> {
  return new Map(
    (policy ?? '').split('; ').map((directive) => {
      const [name = '', ...values] = directive.split(' ');
      return [name, values.join(' ')];
    }),
  );
}

test('T17: every answer has a policy; no page takes scripts from elsewhere, and none may be framed', async () => {
  for (const path of ['/', '/no-such-page', '/lab/health', '/lab/terminals']) {
    const { headers } = await fetch(`${lab.origin}${path}`);
    const policy = directives(headers.get('content-security-policy'));
    assert.equal(policy.get('default-src'), "'none'", path);
    assert.equal(policy.get('frame-ancestors'), "'none'", path);
    assert.equal(headers.get('x-frame-options'), 'DENY', path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
    assert.equal(headers.get('referrer-policy'), 'no-referrer', path);
    const scripts = policy.get('script-src') ?? "'none'";
    assert.doesNotMatch(scripts, /unsafe-inline|unsafe-eval'(?<!wasm-unsafe-eval')|http|\*|data:/);
  }
  const { headers } = await fetch(`${lab.origin}/`);
  const policy = directives(headers.get('content-security-policy'));
  assert.equal(policy.get('connect-src'), `'self' ws://${lab.host} wss://${lab.host}`);
  assert.equal(policy.get('base-uri'), "'none'");
  assert.equal(policy.get('object-src') ?? policy.get('default-src'), "'none'");
});

test('T18: a block that ends its own paste and presses keys types nothing but its text', async () => {
  const { page } = await lab.terminal(browser);
  page.output = [];
  // In one go it would leave the paste, press Enter and Ctrl-C, and hide what it did by going back a line.
  page.type(pasted('echo "one"\x1b[201~\recho "tw""o"\x03\x1b[1A\x1b[2K\necho "thr""ee"', true));
  await page.until(/one\r\ntwo\[1A\[2K\r\nthree\r\n/);
});
