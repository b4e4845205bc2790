// Which commands each shell has inside.

import type { Builtin } from '../builtin.ts';
import type { Flavour } from '../flavour.ts';
import { evalBuiltins } from './code.ts';
import { declarationBuiltins } from './declaring.ts';
import { environmentBuiltins } from './environment.ts';
import { flowBuiltins } from './flow.ts';
import { inputBuiltins } from './input.ts';
import { jobBuiltins } from './job-control.ts';
import { outputBuiltins } from './output.ts';
import { typeBuiltins } from './lookup.ts';

const all: Readonly<Record<string, Builtin>> = {
  ...flowBuiltins,
  ...evalBuiltins,
  ...declarationBuiltins,
  ...inputBuiltins,
  ...outputBuiltins,
  ...environmentBuiltins,
  ...jobBuiltins,
  ...typeBuiltins,
};

/** busybox 1.35's list, as its `help` prints it. */
const ashNames =
  '. : [ [[ alias bg break cd chdir command continue echo eval exec exit export false fg getopts hash help history jobs kill let local printf pwd read readonly return set shift source test times trap true type ulimit umask unalias unset wait'.split(
    ' ',
  );

/** bash 5.2's, less those that drive its own completion and line editor. */
const bashNames =
  '. : [ alias bg break builtin caller cd command continue declare dirs disown echo enable eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly return set shift shopt source suspend test times trap true type typeset ulimit umask unalias unset wait'.split(
    ' ',
  );

const tables = { ash: pick(ashNames), bash: pick(bashNames) };

export function builtinsOf(flavour: Flavour): ReadonlyMap<string, Builtin> {
  return tables[flavour.name];
}

function pick(names: readonly string[]): Map<string, Builtin> {
  const table = new Map<string, Builtin>();
  for (const name of names) {
    const builtin = all[name];
    if (!builtin)
      throw new Error(`no builtin ${name}: the tables of cluster/images/shell/builtins disagree`);
    table.set(name, builtin);
  }
  return table;
}
