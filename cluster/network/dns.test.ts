import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { DnsAnswer, DnsType } from './network.ts';
import { candidates } from './resolver.ts';
import { networkLab } from './testing/network-lab.ts';

/** Services of every sort, and a pod in each of two namespaces that asks. */
function names() {
  const lab = networkLab();
  lab.namespace('staging');
  lab.service('web', {
    clusterIP: '10.96.0.50',
    clusterIPs: ['10.96.0.50'],
    ports: [
      { name: 'http', port: 80, protocol: 'TCP' },
      { name: 'dns', port: 53, protocol: 'UDP' },
    ],
  });
  lab.slice('web', [{ name: 'http', port: 8080 }], ['10.244.0.6']);
  lab.service('api', { clusterIP: '10.96.0.60', ports: [{ port: 80 }] }, 'staging');
  lab.service('db', { clusterIP: 'None', ports: [{ name: 'pg', port: 5432 }] });
  lab.slice(
    'db',
    [{ name: 'pg', port: 5432 }],
    [
      { addresses: ['10.244.0.7'], hostname: 'db-0', conditions: { ready: true } },
      { addresses: ['10.244.0.8'], conditions: { ready: true } },
      { addresses: ['10.244.0.9'], conditions: { ready: false } },
    ],
  );
  lab.service('empty', { clusterIP: 'None', ports: [{ port: 1 }] });
  lab.service('alias', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' });
  lab.service('away', { type: 'ExternalName', externalName: 'example.com' });
  lab.service('loop', { type: 'ExternalName', externalName: 'loop.default.svc.cluster.local' });
  const asker = lab.pod('10.244.0.5');
  return { ...lab, asker, ask: (name: string, type: DnsType = 'A') => asker.query(name, type) };
}

const values = ({ records }: DnsAnswer) => records.map(({ value }) => value).toSorted();

describe('the cluster answers', () => {
  const rows: [name: string, type: DnsType, code: DnsAnswer['code'], ...values: string[]][] = [
    ['web.default.svc.cluster.local', 'A', 'NOERROR', '10.96.0.50'],
    ['web.default.svc.cluster.local.', 'A', 'NOERROR', '10.96.0.50'],
    ['WEB.default.SVC.cluster.local', 'A', 'NOERROR', '10.96.0.50'],
    ['web.default.svc.cluster.local', 'AAAA', 'NOERROR'],
    ['web.staging.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['api.staging.svc.cluster.local', 'A', 'NOERROR', '10.96.0.60'],
    ['web', 'A', 'NXDOMAIN'],
    ['nosuch.default.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['db.default.svc.cluster.local', 'A', 'NOERROR', '10.244.0.7', '10.244.0.8'],
    ['db-0.db.default.svc.cluster.local', 'A', 'NOERROR', '10.244.0.7'],
    ['10-244-0-8.db.default.svc.cluster.local', 'A', 'NOERROR', '10.244.0.8'],
    ['10-244-0-9.db.default.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['10-244-0-6.web.default.svc.cluster.local', 'A', 'NOERROR', '10.244.0.6'],
    ['empty.default.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['10-244-0-77.default.pod.cluster.local', 'A', 'NOERROR', '10.244.0.77'],
    ['10-244-0-77.nowhere.pod.cluster.local', 'A', 'NXDOMAIN'],
    ['300-1-1-1.default.pod.cluster.local', 'A', 'NXDOMAIN'],
    [
      'alias.default.svc.cluster.local',
      'A',
      'NOERROR',
      '10.96.0.50',
      'web.default.svc.cluster.local',
    ],
    ['alias.default.svc.cluster.local', 'CNAME', 'NOERROR', 'web.default.svc.cluster.local'],
    ['away.default.svc.cluster.local', 'A', 'NOERROR', 'example.com'],
    ['default.svc.cluster.local', 'A', 'NOERROR'],
    ['nowhere.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['svc.cluster.local', 'A', 'NOERROR'],
    ['cluster.local', 'A', 'NOERROR'],
    ['a.b.c.web.default.svc.cluster.local', 'A', 'NXDOMAIN'],
    [
      '_http._tcp.web.default.svc.cluster.local',
      'SRV',
      'NOERROR',
      '0 100 80 web.default.svc.cluster.local',
      '10.96.0.50',
    ],
    ['_https._tcp.web.default.svc.cluster.local', 'SRV', 'NXDOMAIN'],
    [
      '_pg._tcp.db.default.svc.cluster.local',
      'SRV',
      'NOERROR',
      '0 50 5432 10-244-0-8.db.default.svc.cluster.local',
      '0 50 5432 db-0.db.default.svc.cluster.local',
      '10.244.0.7',
      '10.244.0.8',
    ],
    ['50.0.96.10.in-addr.arpa', 'PTR', 'NOERROR', 'web.default.svc.cluster.local'],
    ['7.0.244.10.in-addr.arpa', 'PTR', 'NOERROR', 'db-0.db.default.svc.cluster.local'],
    ['99.0.244.10.in-addr.arpa', 'PTR', 'NXDOMAIN'],
    ['example.com', 'A', 'SERVFAIL'],
    ['localhost', 'A', 'NXDOMAIN'],
    ['frontned', 'A', 'NXDOMAIN'],
  ];
  for (const [name, type, code, ...expected] of rows) {
    test(`${type} ${name}: ${[code, ...expected].join(' ')}`, async () => {
      const answer = await names().ask(name, type);
      assert.equal(answer.code, code);
      assert.deepEqual(values(answer), expected.toSorted());
    });
  }

  test('an alias of itself ends', async () => {
    const answer = await names().ask('loop.default.svc.cluster.local');
    assert.equal(answer.code, 'NOERROR');
    assert.ok(answer.records.every(({ type }) => type === 'CNAME'));
  });

  test('headless addresses come in changing order', async () => {
    const { ask } = names();
    const orders = new Set<string>();
    for (let n = 0; n < 30; n++)
      orders.add(
        (await ask('db.default.svc.cluster.local')).records.map(({ value }) => value).join(),
      );
    assert.equal(orders.size, 2);
  });
});

describe('a name in a pod', () => {
  test('resolves by the search path of the pod', async () => {
    const lab = names();
    const other = lab.pod('10.244.0.20', { namespace: 'staging' });
    assert.deepEqual(await lab.asker.lookup('web'), ['10.96.0.50']);
    assert.deepEqual(await other.lookup('web'), []);
    assert.deepEqual(await other.lookup('web.default'), ['10.96.0.50']);
    assert.deepEqual(await other.lookup('web.default.svc'), ['10.96.0.50']);
    assert.deepEqual(await other.lookup('api'), ['10.96.0.60']);
    assert.deepEqual(await lab.asker.lookup('web.'), []);
  });

  test('may be in the hosts file, or an address already', async () => {
    const { network, asker } = names();
    const pod = network.addPod({
      ip: '10.244.0.30',
      hostname: 'me',
      subdomain: 'db',
      namespace: 'default',
      podName: 'me',
      hostAliases: [{ ip: '1.2.3.4', hostnames: ['Legacy.example', 'old'] }],
    });
    assert.deepEqual(await pod.lookup('legacy.example'), ['1.2.3.4']);
    assert.deepEqual(await pod.lookup('me.db.default.svc.cluster.local'), ['10.244.0.30']);
    assert.deepEqual(await asker.lookup('localhost'), ['127.0.0.1']);
    assert.deepEqual(await asker.lookup('10.1.2.3'), ['10.1.2.3']);
  });

  test('never leaves the cluster', async () => {
    const { asker } = names();
    for (const name of ['example.com', 'google.com', 'github.com', 'metadata.google.internal'])
      assert.deepEqual(await asker.lookup(name), []);
  });

  test('of a pod with its own resolver is none of the cluster', async () => {
    const { network } = names();
    const pod = network.addPod({
      ip: '10.244.0.31',
      hostname: 'me',
      namespace: 'default',
      podName: 'me',
      dnsPolicy: 'Default',
    });
    assert.deepEqual(await pod.lookup('web.default.svc.cluster.local'), []);
    assert.equal((await pod.query('web.default.svc.cluster.local', 'A')).code, 'SERVFAIL');
  });

  test('is tried with the search path first unless it has ndots dots', () => {
    const resolver = { search: ['a.b', 'b'], ndots: 2 };
    assert.deepEqual(candidates('x', resolver), ['x.a.b', 'x.b', 'x']);
    assert.deepEqual(candidates('x.y', resolver), ['x.y.a.b', 'x.y.b', 'x.y']);
    assert.deepEqual(candidates('x.y.z', resolver), ['x.y.z', 'x.y.z.a.b', 'x.y.z.b']);
    assert.deepEqual(candidates('x.', resolver), ['x']);
  });
});
