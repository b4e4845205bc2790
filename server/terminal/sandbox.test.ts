import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { sandboxed, whyNoSandbox } from './sandbox.ts';
import { openDoor, plainShell } from './testing/door.ts';

const base = mkdtempSync(join(tmpdir(), 'sandbox-'));
after(() => rmSync(base, { recursive: true, force: true }));

const missing = await whyNoSandbox(process.env);
const skip = missing !== undefined && `no sandbox here: ${missing}`;

test('where there is no bubblewrap a sentence says what is missing and what to do', async () => {
  assert.match(
    (await whyNoSandbox({ PATH: base })) ?? '',
    /^MESHPROOF_SHELL=sandbox needs bubblewrap.* start without MESHPROOF_SHELL: then terminals are your own shell\.$/i,
  );
});

test(
  'where bubblewrap may not make one, what it said is told',
  { skip: process.platform !== 'linux' && 'bubblewrap is for Linux' },
  async () => {
    const bin = join(base, 'refusing');
    mkdirSync(bin);
    const script = '#!/bin/sh\necho "bwrap: setting up uid map: Permission denied" >&2; exit 1\n';
    writeFileSync(join(bin, 'bwrap'), script, { mode: 0o755 });
    assert.match(
      (await whyNoSandbox({ PATH: `${bin}:/bin:/usr/bin` })) ?? '',
      /cannot make a sandbox on this machine \(bwrap: setting up uid map: Permission denied\)/,
    );
  },
);

/** Terminals in a sandbox whose home holds a secret, beside a workspace that is theirs. */
async function openSandbox() {
  const home = mkdtempSync(join(base, 'home-'));
  const workspace = join(home, 'workspace');
  mkdirSync(workspace);
  writeFileSync(join(home, 'secret'), 'of the learner');
  const plain = plainShell(workspace, 'x');
  const env = { ...plain.env, HOME: home };
  const command = sandboxed(plain, { writable: [workspace], readable: [], env });
  const door = await openDoor({ ...command, directory: workspace, env });
  return { door, home, workspace };
}

test(
  'T12: a sandboxed shell writes its workspace, reads the system, and sees no home and no other process',
  { skip },
  async (t) => {
    const { door, workspace } = await openSandbox();
    t.after(() => door.close());
    const page = await door.page(await door.open());
    await page.until(/\$ /);
    const says = async (command: string, what: RegExp) => {
      page.output = [];
      page.type(`${command}; echo "e""nd"\r`);
      assert.match(await page.until(/end\r\n/), what, command);
    };
    await says('echo work > done; ls ~', /\rworkspace\r\nend/);
    assert.equal(readFileSync(join(workspace, 'done'), 'utf8'), 'work\n');
    await says('cat ~/secret /etc/shadow', /secret: No such file.*\r\n.*shadow: No such file/);
    await says('touch /usr/mine /etc/mine', /\/usr\/mine.*Read-only.*\r\n/);
    await says('ls /proc | grep -c "^[0-9]"', /\r[2-6]\r\nend/);
    await says('grep CapEff /proc/self/status', /CapEff:\s+0{16}\r\n/);
    await says('unshare -U true && echo "es""caped"', /unshare.*\r\nend/);
    await says('ls -l /proc/$$/fd', /^(?:(?!ptmx)[^])*$/);
    await says('bash -c "exit 3"; echo "status $?"', /status 3/);
  },
);

test('a sandboxed shell has job control, Ctrl-C and its size', { skip }, async (t) => {
  const { door } = await openSandbox();
  t.after(() => door.close());
  const page = await door.page(await door.open(), { hello: { columns: 91, rows: 17 } });
  assert.doesNotMatch(await page.until(/\$ /), /no job control/);
  page.type('stty size; sleep 100 & jobs\r');
  await page.until(/17 91\r\n[^]*\[1\]\+  Running/);
  page.output = [];
  // It says itself that it runs: the echo of its line comes before it is the terminal's foreground, and a Ctrl-C then is bash's.
  page.type('sh -c \'echo "run""ning"; exec sleep 100\'\r');
  await page.until(/running\r\n/);
  page.type('\x03');
  page.type('echo "back $?"\r');
  await page.until(/back 130\r\n/);
});

test('nothing of a sandboxed shell is left when its terminal is closed', { skip }, async (t) => {
  const { door } = await openSandbox();
  t.after(() => door.close());
  const session = await door.open();
  const page = await door.page(session);
  await page.until(/\$ /);
  page.type(
    '(trap "" HUP; setsid sleep 977 & nohup setsid sleep 978 & ) 2>/dev/null; echo "star""ted"\r',
  );
  await page.until(/started\r\n/);
  const sleeping = () =>
    readdirSync('/proc').filter((pid) => {
      const file = `/proc/${pid}/cmdline`;
      return (
        /^\d+$/.test(pid) &&
        existsSync(file) &&
        /^sleep\0(977|978)\0/.test(readFileSync(file, 'latin1'))
      );
    });
  while (sleeping().length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  await door.terminals.close('me', session);
  assert.deepEqual(sleeping(), []);
});
