// One test body, two makes: GNU make where it is installed, and ours. What the real one prints is what ours must print.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ours = fileURLToPath(new URL('make', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'make-'));
after(() => rmSync(directory, { recursive: true, force: true }));
let count = 0;

interface Printed {
  status: number | null;
  stdout: string;
  stderr: string;
}

function run(command: string, cwd: string, args: string[]): Printed {
  const env = {
    PATH: process.env['PATH'],
    HOME: directory,
    MESHPROOF_NODE: process.execPath,
    WHO: 'env',
  };
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
  });
  if (error) throw error;
  return { status, stdout, stderr };
}

const real = spawnSync('make', ['--version'], { encoding: 'utf8' }).stdout?.startsWith('GNU Make')
  ? 'make'
  : undefined;

const labs = `# comment
GREETING ?= hello
WHO ?= nobody
NAME := $(GREETING)-x
.DEFAULT_GOAL := help
.PHONY: help up down all fails soft long

up: ## start
	@echo "$(GREETING) $(WHO) $(NAME) $$HOME" > /dev/null
	@echo $(GREETING) $(WHO) \${NAME} '$$' $@
	echo shown # with a comment

help:
	@echo "the default"

all: up down
	@echo all
down: ; 
fails:
	@exit 3
	@echo never
soft:
	-@exit 3
	-exit 4
	@echo still here
long:
	@echo one \\
	  two
needs: missing
	@echo never
`;

for (const [title, args, makefile] of [
  ['the default goal', [], labs],
  ['variables, and a line that is shown', ['up'], labs],
  ['a variable of the command line', ['GREETING=hi', 'up'], labs],
  ['prerequisites, each once', ['all', 'up'], labs],
  ['a command that fails', ['fails'], labs],
  ['commands whose failure is ignored', ['soft'], labs],
  ['a line that goes on', ['long'], labs],
  ['a target there is no rule for', ['nope'], labs],
  ['a prerequisite there is no rule for', ['needs'], labs],
  ['another directory', ['-C', 'sub', 'where'], labs],
  ['a directory that is not there', ['-C', 'missing', 'x'], labs],
  ['no makefile', [], undefined],
  ['no makefile, with a target', ['kind-up'], undefined],
] as const) {
  test(
    `${title} comes out as with GNU make`,
    { skip: !real && 'no GNU make here to compare with' },
    () => {
      if (!real) return;
      const cwd = join(directory, String(++count));
      mkdirSync(join(cwd, 'sub'), { recursive: true });
      if (makefile !== undefined)
        writeFileSync(
          join(cwd, 'Makefile'),
          makefile.replace('down: ; \n', 'down:\n\t@echo down\n'),
        );
      writeFileSync(join(cwd, 'sub/Makefile'), 'where:\n\t@pwd\n\t@exit 1\n');
      assert.deepEqual(run(ours, cwd, [...args]), run(real, cwd, [...args]));
    },
  );
}

test('what it does not know says that a real make is needed, and does nothing', () => {
  const cwd = join(directory, String(++count));
  mkdirSync(cwd);
  writeFileSync(join(cwd, 'Makefile'), 'ifdef X\nendif\nall:\n\t@echo never\n');
  const { status, stdout, stderr } = run(ours, cwd, []);
  assert.equal(status, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /Makefile:1: "ifdef X" needs a real make: install make/);
});

test('the Makefiles of all labs are within what it knows', () => {
  const labsRoot = fileURLToPath(new URL('../../labs/01-foundation', import.meta.url));
  const { status, stdout } = run(ours, labsRoot, []);
  assert.equal(status, 0);
  assert.match(stdout, /make kind-up/);
});
