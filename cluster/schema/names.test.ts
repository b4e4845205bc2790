import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  cIdentifierProblems,
  configKeyProblems,
  dns1035Problems,
  dnsLabelProblems,
  dnsSubdomainProblems,
  envVarNameProblems,
  isIPv4,
  isIPv6,
  labelValueProblems,
  pathSegmentProblems,
  percentProblems,
  portNameProblems,
  qualifiedNameProblems,
  wildcardSubdomainProblems,
} from './names.ts';

test('names of objects are DNS labels or subdomains', () => {
  for (const name of ['web', 'a', '0', 'web-1']) assert.deepEqual(dnsLabelProblems(name), [], name);
  assert.deepEqual(dnsLabelProblems('a.b'), ['must not contain dots']);
  assert.deepEqual(dnsLabelProblems('Web'), [
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  ]);
  assert.deepEqual(dnsLabelProblems('a'.repeat(64)), ['must be no more than 63 bytes']);
  assert.deepEqual(dnsSubdomainProblems('web.example-1.com'), []);
  assert.deepEqual(dnsSubdomainProblems('Bad_Name'), [
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ]);
  assert.equal(dns1035Problems('1a').length, 1);
  assert.deepEqual(wildcardSubdomainProblems('*.example.com'), []);
  assert.equal(wildcardSubdomainProblems('example.com').length, 1);
});

test('keys of labels have an optional domain before them', () => {
  for (const key of ['app', 'app.kubernetes.io/name', 'A_b-c.d'])
    assert.deepEqual(qualifiedNameProblems(key), [], key);
  assert.deepEqual(qualifiedNameProblems('/x'), ['prefix part must be non-empty']);
  assert.equal(qualifiedNameProblems('a/')[0], 'name part must be non-empty');
  assert.match(qualifiedNameProblems('a/b/c')[0] ?? '', /^a valid label key must consist/);
  assert.match(
    qualifiedNameProblems('B d/x')[0] ?? '',
    /^prefix part a lowercase RFC 1123 subdomain/,
  );
  assert.deepEqual(labelValueProblems(''), []);
  assert.match(
    labelValueProblems('b c')[0] ?? '',
    /^a valid label must be an empty string or consist/,
  );
});

test('ports, keys of ConfigMaps, variables and percentages have rules of their own', () => {
  assert.deepEqual(portNameProblems('http-2'), []);
  assert.deepEqual(portNameProblems('a--b-'), [
    'must not contain consecutive hyphens',
    'must not begin or end with a hyphen',
  ]);
  assert.deepEqual(portNameProblems('123'), ['must contain at least one letter (a-z)']);
  assert.deepEqual(configKeyProblems('app.conf'), []);
  assert.deepEqual(configKeyProblems('..'), ["must not be '..'"]);
  assert.equal(configKeyProblems('a b').length, 1);
  assert.deepEqual(envVarNameProblems('my.VAR-1'), []);
  assert.equal(envVarNameProblems('a=b').length, 1);
  assert.deepEqual(percentProblems('25%'), []);
  assert.equal(percentProblems('25').length, 1);
  assert.equal(cIdentifierProblems('1a').length, 1);
  assert.deepEqual(pathSegmentProblems('system:admin'), []);
  assert.deepEqual(pathSegmentProblems('a/b%'), ["may not contain '/'", "may not contain '%'"]);
});

test('addresses are told from what only looks like them', () => {
  for (const ip of ['10.96.0.1', '0.0.0.0', '255.255.255.255']) assert.equal(isIPv4(ip), true, ip);
  for (const ip of ['10.96.0', '10.96.0.256', '10.96.0.1.', '010.0.0.1', ''])
    assert.equal(isIPv4(ip), false, ip);
  for (const ip of ['::', '::1', 'fe80::1', '2001:db8:0:0:0:0:0:1', '::ffff:10.0.0.1'])
    assert.equal(isIPv6(ip), true, ip);
  for (const ip of ['1:2:3', ':::', '1::2::3', '12345::', '10.0.0.1', 'fe80::g'])
    assert.equal(isIPv6(ip), false, ip);
  fc.assert(
    fc.property(fc.ipV4(), fc.ipV6(), (v4, v6) => {
      assert.equal(isIPv4(v4), true, v4);
      assert.equal(isIPv6(v6), true, v6);
    }),
  );
});
