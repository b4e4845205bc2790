// What BIND 9.18's tools and busybox 1.35 printed for the same answers; only dig's and host's flags differ, for CoreDNS
// offers no recursion for its own zone.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NetworkLab } from '../../../network/testing/network-lab.ts';
import { networkLab } from '../../../network/testing/network-lab.ts';
import { run } from '../../testing/run.ts';
import { busyboxNslookup } from './busybox-nslookup.ts';
import { dig } from './dig.ts';
import { host } from './host.ts';
import { nslookup } from './nslookup.ts';

const programs = { dig, host, nslookup, '/busybox/nslookup': busyboxNslookup };

function lab(): NetworkLab {
  const made = networkLab();
  const ports = [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 80 }];
  made.service('frontend', { clusterIP: '10.96.0.80', clusterIPs: ['10.96.0.80'], ports });
  made.service('alias', {
    type: 'ExternalName',
    externalName: 'frontend.default.svc.cluster.local',
  });
  made.service('ext', { type: 'ExternalName', externalName: 'example.com' });
  made.service('head', { clusterIP: 'None', clusterIPs: ['None'], ports });
  made.slice('head', [{ name: 'http', port: 80 }], ['10.244.0.6']);
  return made;
}

async function output(
  command: string,
  options: { stdin?: string } = {},
): Promise<{ stdout: string; stderr: string; code: number; ms: number }> {
  return run(programs, command.split(' '), { lab: lab(), ...options });
}

const server = 'Server:\t\t10.96.0.10\nAddress:\t10.96.0.10#53\n\n';

/** Command, standard output, exit code, standard error. */
type Case = [string, string, number, string?];

const nslookups: readonly Case[] = [
  [
    'nslookup frontend',
    `${server}Name:\tfrontend.default.svc.cluster.local\nAddress: 10.96.0.80\n\n`,
    0,
  ],
  [
    'nslookup frontend.default.svc.cluster.local',
    `${server}Name:\tfrontend.default.svc.cluster.local\nAddress: 10.96.0.80\n\n`,
    0,
  ],
  [
    'nslookup head.default',
    `${server}Name:\thead.default.svc.cluster.local\nAddress: 10.244.0.6\n\n`,
    0,
  ],
  ['nslookup nope', `${server}** server can't find nope: NXDOMAIN\n\n`, 1],
  ['nslookup frontend.', `${server}** server can't find frontend: NXDOMAIN\n\n`, 1],
  [
    'nslookup nope.default.svc.cluster.local',
    `${server}** server can't find nope.default.svc.cluster.local: NXDOMAIN\n\n`,
    1,
  ],
  [
    'nslookup alias',
    `${server}alias.default.svc.cluster.local\tcanonical name = frontend.default.svc.cluster.local.\nName:\tfrontend.default.svc.cluster.local\nAddress: 10.96.0.80\n\n`,
    0,
  ],
  [
    'nslookup ext',
    `${server}ext.default.svc.cluster.local\tcanonical name = example.com.\n;; Got SERVFAIL reply from 10.96.0.10\n** server can't find example.com: SERVFAIL\n\n`,
    1,
  ],
  [
    'nslookup example.com',
    `;; Got SERVFAIL reply from 10.96.0.10\n${server}** server can't find example.com: SERVFAIL\n\n`,
    1,
  ],
  [
    'nslookup 10.96.0.80',
    '80.0.96.10.in-addr.arpa\tname = frontend.default.svc.cluster.local.\n\n',
    0,
  ],
  ['nslookup 10.96.0.81', "** server can't find 81.0.96.10.in-addr.arpa: NXDOMAIN\n\n", 1],
  [
    'nslookup -type=srv _http._tcp.frontend',
    `${server}_http._tcp.frontend.default.svc.cluster.local\tservice = 0 100 80 frontend.default.svc.cluster.local.\n\n`,
    0,
  ],
  ['nslookup -type=aaaa frontend', `${server}*** Can't find frontend: No answer\n\n`, 0],
  ['nslookup -type=txt frontend', `${server}*** Can't find frontend: No answer\n\n`, 0],
  [
    'nslookup -type=bogus frontend',
    `unknown query type: bogus\n${server}Name:\tfrontend.default.svc.cluster.local\nAddress: 10.96.0.80\n\n`,
    0,
  ],
  [
    'nslookup -timeout=1 frontend 10.255.255.1',
    `${';; communications error to 10.255.255.1#53: timed out\n'.repeat(3)};; no servers could be reached\n\n`,
    1,
  ],
  [
    'nslookup frontend 127.0.0.1',
    `${';; communications error to 127.0.0.1#53: connection refused\n'.repeat(3)};; no servers could be reached\n\n`,
    1,
  ],
  ['nslookup frontend nosuch', '', 1, "nslookup: couldn't get address for 'nosuch': not found\n"],
];

const hosts: readonly Case[] = [
  ['host frontend', 'frontend.default.svc.cluster.local has address 10.96.0.80\n', 0],
  ['host nope', 'Host nope not found: 3(NXDOMAIN)\n', 1],
  [
    'host 10.96.0.80',
    '80.0.96.10.in-addr.arpa domain name pointer frontend.default.svc.cluster.local.\n',
    0,
  ],
  ['host 10.96.0.81', 'Host 81.0.96.10.in-addr.arpa. not found: 3(NXDOMAIN)\n', 1],
  [
    'host alias',
    'alias.default.svc.cluster.local is an alias for frontend.default.svc.cluster.local.\nfrontend.default.svc.cluster.local has address 10.96.0.80\n',
    0,
  ],
  [
    'host -t srv _http._tcp.frontend',
    '_http._tcp.frontend.default.svc.cluster.local has SRV record 0 100 80 frontend.default.svc.cluster.local.\n',
    0,
  ],
  ['host -t aaaa frontend', 'frontend.default.svc.cluster.local has no AAAA record\n', 0],
  ['host example.com', 'Host example.com not found: 2(SERVFAIL)\n', 1],
  [
    'host frontend 10.96.0.10',
    'Using domain server:\nName: 10.96.0.10\nAddress: 10.96.0.10#53\nAliases: \n\nfrontend.default.svc.cluster.local has address 10.96.0.80\n',
    0,
  ],
  [
    'host frontend 127.0.0.2',
    `${';; communications error to 127.0.0.2#53: connection refused\n'.repeat(2)};; no servers could be reached\n`,
    1,
  ],
  ['host -t bogus frontend', '', 2, 'host: invalid type: bogus\n\n'],
];

const busyboxServer = 'Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\n';
const found = 'Name:\tfrontend.default.svc.cluster.local\nAddress: 10.96.0.80\n\n';
const missing = (...names: string[]) =>
  names.map((name) => `** server can't find ${name}: NXDOMAIN\n\n`).join('');

const busyboxes: readonly Case[] = [
  [
    '/busybox/nslookup frontend',
    `${busyboxServer}${found}${missing('frontend.svc.cluster.local', 'frontend.cluster.local')}\n${missing('frontend.svc.cluster.local', 'frontend.cluster.local')}`,
    1,
  ],
  ['/busybox/nslookup frontend.default.svc.cluster.local', `${busyboxServer}${found}\n`, 0],
  ['/busybox/nslookup -type=a frontend.default.svc.cluster.local', `${busyboxServer}${found}`, 0],
  [
    '/busybox/nslookup frontend.default',
    `${busyboxServer}${missing('frontend.default', 'frontend.default')}`,
    1,
  ],
  [
    '/busybox/nslookup 10.96.0.80',
    `${busyboxServer}80.0.96.10.in-addr.arpa\tname = frontend.default.svc.cluster.local\n\n`,
    0,
  ],
  [
    '/busybox/nslookup -type=srv _http._tcp.frontend.default.svc.cluster.local',
    `${busyboxServer}_http._tcp.frontend.default.svc.cluster.local\tservice = 0 100 80 frontend.default.svc.cluster.local\n\n`,
    0,
  ],
  [
    '/busybox/nslookup frontend 10.96.0.10',
    `${busyboxServer}${missing('frontend', 'frontend')}`,
    1,
  ],
  ['/busybox/nslookup frontend nosuch', '', 1, "nslookup: bad address 'nosuch'\n"],
  ['/busybox/nslookup -type=x frontend', '', 1, 'nslookup: invalid query type "x"\n'],
];

for (const [name, cases] of [
  ['nslookup', nslookups],
  ['host', hosts],
  ['nslookup of busybox', busyboxes],
] as const)
  describe(name, () => {
    for (const [command, stdout, code, stderr = ''] of cases)
      test(command, async () => {
        const { ms: _, ...outcome } = await output(command);
        assert.deepEqual(outcome, { stdout, stderr, code });
      });
  });

test('nslookup reads commands', async () => {
  const { stdout } = await output('nslookup', {
    stdin: 'frontend\nset type=srv\n_http._tcp.frontend\nserver\nexit\nfrontend\n',
  });
  assert.equal(
    stdout,
    `${server}Name:\tfrontend.default.svc.cluster.local\nAddress: 10.96.0.80\n${server}_http._tcp.frontend.default.svc.cluster.local\tservice = 0 100 80 frontend.default.svc.cluster.local.\nDefault server: 10.96.0.10\nAddress: 10.96.0.10#53\n\n`,
  );
});

describe('dig', () => {
  const body = async (command: string) => {
    const { stdout } = await output(command);
    return stdout
      .replace(/id: \d+/, 'id: 1')
      .replace(/COOKIE: [0-9a-f]{16} /, 'COOKIE: 0123456789abcdef ');
  };
  const local =
    ';; WARNING: .local is reserved for Multicast DNS\n;; You are currently testing what happens when an mDNS query is leaked to DNS\n';
  const option =
    ';; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1232\n; COOKIE: 0123456789abcdef (echoed)\n';
  const stats = (bytes: number) =>
    `;; Query time: 0 msec\n;; SERVER: 10.96.0.10#53(10.96.0.10) (UDP)\n;; WHEN: Sun Nov 22 10:32:05 UTC 2026\n;; MSG SIZE  rcvd: ${bytes}\n\n`;
  const soa =
    'cluster.local.\t\t30\tIN\tSOA\tns.dns.cluster.local. hostmaster.cluster.local. 1795343525 7200 1800 86400 30\n';

  test('a name', async () => {
    assert.equal(
      await body('dig frontend.default.svc.cluster.local'),
      `\n; <<>> DiG 9.20.9 <<>> frontend.default.svc.cluster.local\n;; global options: +cmd\n;; Got answer:\n${local};; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n;; flags: qr aa rd; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1\n;; WARNING: recursion requested but not available\n\n${option};; QUESTION SECTION:\n;frontend.default.svc.cluster.local. IN\tA\n\n;; ANSWER SECTION:\nfrontend.default.svc.cluster.local. 30 IN A\t10.96.0.80\n\n${stats(125)}`,
    );
  });

  test('a name that is not there', async () => {
    assert.equal(
      await body('dig nope.default.svc.cluster.local'),
      `\n; <<>> DiG 9.20.9 <<>> nope.default.svc.cluster.local\n;; global options: +cmd\n;; Got answer:\n${local};; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 1\n;; flags: qr aa rd; QUERY: 1, ANSWER: 0, AUTHORITY: 1, ADDITIONAL: 1\n;; WARNING: recursion requested but not available\n\n${option};; QUESTION SECTION:\n;nope.default.svc.cluster.local.\tIN\tA\n\n;; AUTHORITY SECTION:\n${soa}\n${stats(164)}`,
    );
  });

  test('a short name is not searched for, unless it is asked to', async () => {
    assert.match(
      await body('dig frontend'),
      /status: NXDOMAIN[^]*;; flags: qr rd ra; QUERY: 1, ANSWER: 0, AUTHORITY: 0, [^]*;frontend\.\t\t\tIN\tA\n\n;; Query time/,
    );
    assert.equal(await body('dig +search +short frontend'), '10.96.0.80\n');
    assert.equal(
      await body('dig frontend +search +noall +answer'),
      'frontend.default.svc.cluster.local. 30 IN A\t10.96.0.80\n',
    );
  });

  test('in few words', async () => {
    assert.equal(await body('dig +short frontend.default.svc.cluster.local'), '10.96.0.80\n');
    assert.equal(await body('dig +short nope.default.svc.cluster.local'), '');
    assert.equal(await body('dig -x 10.96.0.80 +short'), 'frontend.default.svc.cluster.local.\n');
    assert.equal(
      await body('dig _http._tcp.frontend.default.svc.cluster.local srv +short'),
      '0 100 80 frontend.default.svc.cluster.local.\n',
    );
    assert.equal(
      await body('dig +short alias.default.svc.cluster.local'),
      'frontend.default.svc.cluster.local.\n10.96.0.80\n',
    );
    assert.equal(
      await body(
        'dig +noall +answer alias.default.svc.cluster.local head.default.svc.cluster.local',
      ),
      'alias.default.svc.cluster.local. 30 IN\tCNAME\tfrontend.default.svc.cluster.local.\nfrontend.default.svc.cluster.local. 30 IN A\t10.96.0.80\nhead.default.svc.cluster.local.\t30 IN\tA\t10.244.0.6\n',
    );
  });

  test('a service record with its address', async () => {
    assert.match(
      await body('dig SRV _http._tcp.frontend.default.svc.cluster.local'),
      /ADDITIONAL: 2\n[^]*;_http\._tcp\.frontend\.default\.svc\.cluster\.local\. IN SRV\n\n;; ANSWER SECTION:\n_http\._tcp\.frontend\.default\.svc\.cluster\.local\. 30 IN SRV 0 100 80 frontend\.default\.svc\.cluster\.local\.\n\n;; ADDITIONAL SECTION:\nfrontend\.default\.svc\.cluster\.local\. 30 IN A\t10\.96\.0\.80\n\n[^]*rcvd: 235\n/,
    );
  });

  test('without comments, without EDNS', async () => {
    assert.equal(
      await body('dig +nocmd +nocomments +nostats frontend.default.svc.cluster.local'),
      ';frontend.default.svc.cluster.local. IN\tA\nfrontend.default.svc.cluster.local. 30 IN A\t10.96.0.80\n',
    );
    assert.match(
      await body('dig +noedns frontend.default.svc.cluster.local'),
      /ADDITIONAL: 0\n;; WARNING[^]*available\n\n;; QUESTION[^]*rcvd: 102\n/,
    );
  });

  test('servers that are none', async () => {
    const { stdout, code, ms } = await output('dig +time=1 +tries=2 @10.255.255.1 frontend');
    assert.equal(
      stdout,
      ';; communications error to 10.255.255.1#53: timed out\n;; communications error to 10.255.255.1#53: timed out\n\n; <<>> DiG 9.20.9 <<>> +time=1 +tries=2 @10.255.255.1 frontend\n; (1 server found)\n;; global options: +cmd\n;; no servers could be reached\n',
    );
    assert.deepEqual([code, ms], [9, 2_000]);
    const nosuch = await output('dig @nosuch frontend');
    assert.deepEqual(
      [nosuch.stderr, nosuch.code],
      ["dig: couldn't get address for 'nosuch': not found\n", 1],
    );
  });

  test('what it does not know', async () => {
    const { stderr, code } = await output('dig +nosuch frontend');
    assert.match(stderr, /^Invalid option: \+nosuch\nUsage: {2}dig /);
    assert.equal(code, 1);
    assert.equal(
      (await output('dig -t bogus x +short')).stderr,
      ';; Warning, ignoring invalid type bogus\n',
    );
  });
});
