import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Io } from './command.ts';
import { istioctl } from './istioctl.ts';

async function run(...words: string[]) {
  const said = { out: '', err: '' };
  const io: Io = {
    out: (text) => (said.out += text),
    err: (text) => (said.err += text),
    readInput: async () => '',
    readLine: async () => undefined,
    interactive: false,
    env: { HOME: '/nonexistent' },
  };
  return { exit: await istioctl(words, io), ...said };
}

test('its own version needs no cluster', async () => {
  const { exit, out } = await run('version', '--remote=false');
  assert.deepEqual([exit, out], [0, 'client version: 1.30.3\n']);
});

test('a command that is none is a usage error, with a near one if there is', async () => {
  assert.deepEqual(await run('nope'), {
    exit: 64,
    out: '',
    err: 'Error: unknown command "nope" for "istioctl"\nRun \'istioctl --help\' for usage.\n',
  });
  assert.match((await run('versoin')).err, /Did you mean this\?\n\tversion\n/);
});

test('a group of commands refuses what it does not have', async () => {
  assert.deepEqual(await run('tag', 'nope'), {
    exit: 1,
    out: '',
    err: 'Error: unknown subcommand "nope"\n',
  });
  assert.match((await run('tag')).out, /Available Commands:\n {2}generate/);
});

test('flags that make no sense are named as they were written', async () => {
  const wrong = async (...words: string[]) => {
    const { exit, err } = await run(...words);
    assert.equal(exit, 64);
    return err;
  };
  assert.equal(await wrong('version', '--foo'), 'Error: unknown flag: --foo\n');
  assert.equal(await wrong('version', '-xs'), "Error: unknown shorthand flag: 'x' in -xs\n");
  assert.equal(await wrong('version', '-o'), "Error: flag needs an argument: 'o' in -o\n");
  assert.equal(
    await wrong('version', '--remote=maybe'),
    'Error: invalid argument "maybe" for "--remote" flag: strconv.ParseBool: parsing "maybe": invalid syntax\n',
  );
  assert.equal(
    await wrong('install', '--readiness-timeout', '5'),
    'Error: invalid argument "5" for "--readiness-timeout" flag: time: missing unit in duration "5"\n',
  );
});

test('global flags stand before the command or after it, joined or apart', async () => {
  for (const words of [
    ['-n', 'staging', 'version', '--remote=false'],
    ['version', '-nstaging', '--remote=false'],
    ['--namespace=staging', 'version', '--remote=false'],
  ])
    assert.equal((await run(...words)).out, 'client version: 1.30.3\n');
});

test('help is help, whether asked for by flag, word or missing command', async () => {
  const { out } = await run('--help');
  assert.match(out, /^Istio configuration command line utility/);
  assert.equal((await run('help')).out, out);
  assert.equal((await run()).out, out);
  assert.match((await run('help', 'version')).out, /--remote .*\(default true\)/);
});

test('without a cluster the version says who could not be asked', async () => {
  const { exit, out, err } = await run('version');
  assert.equal(exit, 0);
  assert.equal(out, 'client version: 1.30.3\n');
  assert.match(
    err,
    /^Istio is not present in the cluster: unable to retrieve Pods: Get "http:\/\/localhost:8080\/.*connection refused\n$/,
  );
});
