import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { singleImage } from './family.ts';
import { digestOf, imageRegistry, registryOf } from './registry.ts';
import { parseReference } from './reference.ts';
import { imageOf } from '../node/runtime/testing/container-lab.ts';

describe('a reference', () => {
  for (const [text, registry, path, tag] of [
    ['nginx', 'docker.io', 'library/nginx', 'latest'],
    ['nginx:1.25', 'docker.io', 'library/nginx', '1.25'],
    ['library/nginx', 'docker.io', 'library/nginx', 'latest'],
    ['docker.io/nginx:a', 'docker.io', 'library/nginx', 'a'],
    ['index.docker.io/library/nginx', 'docker.io', 'library/nginx', 'latest'],
    ['nicolaka/netshoot', 'docker.io', 'nicolaka/netshoot', 'latest'],
    ['quay.io/a/b_c/d--e:v1.2_3', 'quay.io', 'a/b_c/d--e', 'v1.2_3'],
    ['localhost:5000/x', 'localhost:5000', 'x', 'latest'],
    ['localhost/x', 'localhost', 'x', 'latest'],
  ] as const) {
    test(`${text} is ${registry}/${path}:${tag}`, () => {
      assert.deepEqual(parseReference(text), { registry, path, tag, digest: undefined });
    });
  }

  test('may have a digest, with or without a tag', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    assert.deepEqual(parseReference(`nginx@${digest}`), {
      registry: 'docker.io',
      path: 'library/nginx',
      tag: undefined,
      digest,
    });
    const both = parseReference(`nginx:1.25@${digest}`);
    assert.equal('tag' in both && both.tag, '1.25');
  });

  for (const [text, error] of [
    ['', 'invalid reference format'],
    ['Nginx', 'invalid reference format: repository name (library/Nginx) must be lowercase'],
    ['my/Repo:1', 'invalid reference format: repository name (my/Repo) must be lowercase'],
    ['nginx:', 'invalid reference format'],
    ['nginx:la test', 'invalid reference format'],
    ['nginx::1', 'invalid reference format'],
    ['-nginx', 'invalid reference format'],
    ['nginx@sha256:abc', 'invalid reference format'],
    ['a//b', 'invalid reference format'],
    ['http://nginx', 'invalid reference format'],
  ] as const) {
    test(`${JSON.stringify(text)} is none: ${error}`, () => {
      assert.deepEqual(imageRegistry.resolve(text), { error, invalidName: true });
    });
  }
});

describe('the registry', () => {
  test('finds an image by any of its names, with a stable digest', () => {
    const short = imageRegistry.resolve('nginx:1.30');
    const long = imageRegistry.resolve('docker.io/library/nginx:1.30');
    assert.ok(!('error' in short) && !('error' in long));
    assert.equal(short.image, long.image);
    assert.equal(short.reference, 'docker.io/library/nginx:1.30');
    assert.match(short.imageId, /^docker\.io\/library\/nginx@sha256:[0-9a-f]{64}$/);
    assert.equal(short.imageId, long.imageId);
    const byDigest = imageRegistry.resolve(short.imageId);
    assert.ok(!('error' in byDigest));
    assert.equal(byDigest.tag, '1.30');
  });

  test('knows the images of the course', () => {
    for (const name of [
      'nginx',
      'nginx:1.25',
      'nginx:alpine',
      'nginxdemos/hello',
      'nginxdemos/hello:plain-text',
      'httpd',
      'postgres:13',
      'postgres:17',
      'busybox',
      'busybox:1.36-musl',
      'curlimages/curl',
      'curlimages/curl:8.11.1',
      'nicolaka/netshoot',
      'nicolaka/netshoot:v0.16',
    ])
      assert.ok(!('error' in imageRegistry.resolve(name)), name);
  });

  test('says of an unknown tag which there are', () => {
    const answer = imageRegistry.resolve('nginx:1.91');
    assert.ok('error' in answer);
    assert.equal(answer.invalidName, false);
    assert.match(
      answer.error,
      /^rpc error: code = NotFound desc = failed to pull and unpack image "docker\.io\/library\/nginx:1\.91": failed to resolve reference "docker\.io\/library\/nginx:1\.91": docker\.io\/library\/nginx:1\.91: not found \(of nginx this embedded cluster runs the tags latest, .* and their like\)$/,
    );
  });

  test('says of an unknown repository what can run here, from the list itself', () => {
    const one = registryOf([
      singleImage({ ...imageOf({}), repository: 'one' }),
      singleImage({ ...imageOf({}), repository: 'two/three' }),
    ]);
    const answer = one.resolve('mysql:8');
    assert.ok('error' in answer);
    assert.match(
      answer.error,
      /failed to pull and unpack image "docker\.io\/library\/mysql:8": .*: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed \(this embedded cluster runs one and two\/three\)$/,
    );
    const elsewhere = one.resolve('quay.io/one');
    assert.match(
      'error' in elsewhere ? elsewhere.error : '',
      /Head "https:\/\/quay\.io\/v2\/one\/manifests\/latest": dial tcp: lookup quay\.io: no such host \(this embedded cluster runs/,
    );
  });

  test('digests differ between names and never between runs', () => {
    const names = Array.from({ length: 2_000 }, (_, n) => `docker.io/library/x:${n}`);
    assert.equal(new Set(names.map(digestOf)).size, 2_000);
    assert.equal(
      digestOf('docker.io/library/nginx:latest'),
      digestOf('docker.io/library/nginx:latest'),
    );
  });
});
