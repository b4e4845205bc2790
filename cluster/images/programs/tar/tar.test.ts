import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../../testing/run.ts';
import { busyboxApplets } from '../table.ts';

const sh = (script: string) => run(busyboxApplets, ['sh', '-c', script]);

test('what is packed is unpacked: files, folders, links, modes and long names', async () => {
  const long = `${'a'.repeat(60)}/${'b'.repeat(70)}`;
  const { stdout, stderr, code } = await sh(`
    mkdir -p /src/deep/${long} /out && cd /src
    echo one >one; echo two >deep/two; chmod 700 one; ln -s deep/two link; echo far >deep/${long}/far
    tar cf /a.tar one deep link && tar xf /a.tar -C /out
    cd /out; cat one link deep/${long}/far; stat -c '%a %F' one; readlink link; wc -c </a.tar`);
  assert.equal(stderr, '');
  assert.equal(stdout, 'one\ntwo\nfar\n700 regular file\ndeep/two\n10240\n');
  assert.equal(code, 0);
});

test('a stream is packed and unpacked as kubectl cp does', async () => {
  const { stdout, code } = await sh(`
    mkdir -p /src /out; echo one >/src/one
    tar cf - -C /src one | tar -xmf - -C /out; cat /out/one; tar cf - /src | tar t`);
  assert.equal(stdout, 'one\nsrc/\nsrc/one\n');
  assert.equal(code, 0);
});

test('names are listed, chosen and printed', async () => {
  const { stdout } = await sh(`
    mkdir /src; cd /src; echo one >one; printf two22 >two; tar cf /a.tar .
    tar tf /a.tar; tar xOf /a.tar ./two; echo; tar tvf /a.tar ./one | sed 's/20..-..-.. ..:..:../TIME/'`);
  assert.equal(stdout, './\n./one\n./two\ntwo22\n-rw-r--r-- root/root         4 TIME ./one\n');
});

test('what fails is told', async () => {
  assert.deepEqual(await sh('tar cf /a.tar nope').then(({ stderr, code }) => ({ stderr, code })), {
    stderr: 'tar: nope: No such file or directory\ntar: error exit delayed from previous errors\n',
    code: 1,
  });
  assert.match((await sh('echo this is no archive >/x; tar xf /x')).stderr, /tar: short read/);
  assert.match(
    (await sh('cd /tmp; mkdir -p /tmp; tar cf /a.tar /etc/passwd')).stderr,
    /removing leading '\/' from member names|No such file/,
  );
  assert.match((await sh('tar xzf /x')).stderr, /compression is not simulated/);
});
