import assert from 'node:assert/strict';
import { X509Certificate, createPrivateKey } from 'node:crypto';
import { test } from 'node:test';
import { createAuthority, createIdentity, isFresh } from './certificates.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
const now = Date.UTC(2026, 10, 24);
const identity = await createIdentity(now);

test('the server certificate is for this machine and for the names pods use, and nobody else', () => {
  const server = new X509Certificate(identity.serverCertificate);
  for (const name of ['localhost', 'kubernetes.default.svc'])
    assert.ok(server.checkHost(name), name);
  for (const address of ['127.0.0.1', '10.96.0.1']) assert.ok(server.checkIP(address), address);
  assert.equal(server.checkHost('example.com'), undefined);
  assert.equal(server.checkIP('10.0.0.1'), undefined);
});

test('both leaves are signed by the CA, and only the CA may sign', () => {
  const ca = new X509Certificate(identity.caCertificate);
  assert.ok(ca.ca);
  for (const text of [identity.serverCertificate, identity.clientCertificate]) {
    const leaf = new X509Certificate(text);
    assert.ok(leaf.verify(ca.publicKey));
    assert.ok(leaf.checkIssued(ca));
    assert.equal(leaf.ca, false);
  }
});

test('an authority of its own signed itself and may sign others', async () => {
  const { certificate, key } = await createAuthority('cluster.local', now);
  const authority = new X509Certificate(certificate);
  assert.ok(authority.ca);
  assert.equal(authority.subject, 'O=cluster.local');
  assert.ok(authority.verify(authority.publicKey));
  assert.ok(authority.checkPrivateKey(createPrivateKey(key)));
});

test("the client certificate is the administrator's", () => {
  const client = new X509Certificate(identity.clientCertificate);
  assert.match(client.subject, /CN=kubernetes-admin/);
  assert.match(client.subject, /O=system:masters/);
});

test('an identity is fresh until a month before its leaves end', () => {
  assert.ok(isFresh(identity, now));
  assert.ok(isFresh(identity, now + 330 * DAY_MS));
  assert.equal(isFresh(identity, now + 340 * DAY_MS), false);
  assert.equal(isFresh({ ...identity, clientCertificate: 'torn' }, now), false);
});

test('no two identities share a key', async () => {
  const other = await createIdentity(now);
  assert.notEqual(other.clientKey, identity.clientKey);
  const ca = new X509Certificate(identity.caCertificate);
  assert.equal(new X509Certificate(other.clientCertificate).verify(ca.publicKey), false);
});
