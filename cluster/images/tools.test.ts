// The images without a server, as pods start them: what runs by itself, and which tool a name leads to.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Image } from '../node/image.ts';
import { busybox } from './busybox.ts';
import { curl } from './curl.ts';
import type { ImageFamily } from './family.ts';
import { netshoot } from './netshoot.ts';
import { nginx } from './nginx.ts';
import { nginxHello } from './nginx-hello.ts';
import { run } from './testing/run.ts';
import { serverLab } from './testing/server-lab.ts';

function image(family: ImageFamily, tag: string): Image {
  const made = family.image(tag);
  assert.ok(made, tag);
  return made;
}

async function world() {
  const lab = serverLab();
  await lab.start(image(nginxHello, 'plain-text'), '10.244.0.5');
  return lab;
}

test('busybox without terminal and input ends at once', async () => {
  const pod = await serverLab().start(image(busybox, 'latest'), '10.244.0.9');
  assert.deepEqual(await pod.container.exited, { exitCode: 0 });
});

test('busybox runs a command, and its shell has no braces', async () => {
  const lab = await world();
  const argv = ['sh', '-c', 'for i in {1..3}; do echo $i; done; wget -qO- http://10.244.0.5/x'];
  const pod = await lab.start(image(busybox, '1.36'), '10.244.0.9', { argv });
  assert.deepEqual(await pod.container.exited, { exitCode: 0 });
  assert.match(pod.log(), /^\{1\.\.3\}\nServer address: 10\.244\.0\.5:80\n/);
});

test('tags that were never released are no images', () => {
  for (const tag of ['1.36.9', '1.99', 'alpine', '1.36-foo'])
    assert.equal(busybox.image(tag), undefined, tag);
  for (const tag of ['8.11', '8.11.9', '9.0.0']) assert.equal(curl.image(tag), undefined, tag);
});

test('the curl image takes options, a command, or nothing', async () => {
  const lab = await world();
  let last = 10;
  const start = async (args: string[]) => {
    const made = image(curl, '8.11.1');
    const pod = await lab.start(made, `10.244.0.${last++}`, {
      argv: [...made.entrypoint, ...args],
    });
    return { ended: await pod.container.exited, log: pod.log() };
  };
  const options = await start([
    '-s',
    '-o',
    '/dev/null',
    '-w',
    '%{http_code}\n',
    'http://10.244.0.5/',
  ]);
  assert.deepEqual(options, { ended: { exitCode: 0 }, log: '200\n' });
  const url = await start(['http://10.244.0.5/']);
  assert.match(url.log, /Server name: /);
  const command = await start(['/bin/sh', '-c', 'id -un; pwd; curl --version | head -n 1']);
  assert.deepEqual(command.ended, { exitCode: 0 });
  assert.match(command.log, /^curl_user\n\/home\/curl_user\ncurl 8\.11\.1 /);
  const nothing = await start(['curl']);
  assert.deepEqual(nothing.ended, { exitCode: 2 });
  assert.match(nothing.log, /curl: \(2\) no URL specified/);
});

test('netshoot has bash with braces, and the tools of BIND, iproute2 and OpenBSD', async () => {
  const lab = await world();
  const made = image(netshoot, 'latest');
  const net = lab.pod('10.244.0.9', { hostname: 'debug' });
  const output = async (command: string) =>
    (
      await run(made.programs, ['bash', '-c', command], {
        lab,
        net,
        env: { ...made.env },
        cwd: made.workingDir,
        files: made.files,
      })
    ).stdout;
  assert.equal(await output('echo {1..3}; pwd'), '1 2 3\n/root\n');
  assert.match(await output('nslookup nope || true'), /^Server:\t\t10\.96\.0\.10\n/);
  assert.match(
    await output('ip addr show eth0'),
    /inet 10\.244\.0\.9\/24 brd .* scope global eth0/,
  );
  assert.match(await output('nc -zv 10.244.0.5 80 2>&1'), /port \[tcp\/http\] succeeded!/);
  assert.match(
    await output('nc -zv 10.244.0.5 81 2>&1'),
    /port 81 \(tcp\) failed: Connection refused/,
  );
  assert.match(
    await output('ping -c 1 10.244.0.5'),
    /1 packets transmitted, 1 received, 0% packet loss/,
  );
  assert.match(await output('nc -l 9000 & sleep 0.1; ss -tln; kill %1'), /LISTEN .*:9000/);
  assert.equal(
    await output('tcpdump -i eth0 2>&1; echo $?'),
    'tcpdump: not simulated in the embedded cluster\n1\n',
  );
});

test('netshoot has no kubectl and no istioctl', async () => {
  const pod = await serverLab().start(image(netshoot, 'latest'), '10.244.0.9', {
    argv: ['sleep', '600'],
  });
  const { output, exitCode } = await pod.run('bash', '-c', 'kubectl get pods');
  assert.match(output, /kubectl: command not found/);
  assert.equal(exitCode, 127);
});

test('nginx has the curl of its distribution, and the images called slim have none', async () => {
  const lab = await world();
  const argv = ['sh', '-c', 'curl --version | head -1; curl -s http://10.244.0.5/x | head -1'];
  const first = async (tag: string, address: string) => {
    const pod = await lab.start(image(nginx, tag), address, { argv });
    await pod.container.exited;
    return pod.log();
  };
  assert.match(await first('1.30', '10.244.0.20'), /^curl 8\.14\.1 .*\nServer address: /);
  assert.match(await first('1.27', '10.244.0.21'), /^curl 7\.88\.1 .*\nServer address: /);
  assert.match(await first('1.30-alpine', '10.244.0.22'), /^curl 8\.14\.1 .*\nServer address: /);
  assert.match(await first('1.30-alpine-slim', '10.244.0.23'), /curl: not found/);
});
