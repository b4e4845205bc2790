// awk: its arguments, and its errors in busybox's words.

import type { Program } from '../../../node/process.ts';
import { FileError } from '../../../node/file-system.ts';
import { ProgramNotFound } from '../../../node/process.ts';
import { applet } from '../applet.ts';
import { describe, resolvePath } from '../files.ts';
import { UsageFault, complain } from '../program.ts';
import { decodeText } from '../text.ts';
import { Interpreter } from './interpreter.ts';
import { parseAwk } from './parser.ts';
import { AwkFault } from './syntax.ts';

export const awk: Program = applet(
  { letters: 'F:v:f:e:', usage: '[OPTIONS] [AWK_PROGRAM] [FILE]...', operandsEnd: true },
  async (process, options) => {
    const operands = [...options.operands];
    const pieces = [...options.values('e')];
    try {
      for (const file of options.values('f'))
        pieces.push(decodeText(process.fs.readFile(resolvePath(process.cwd, file))));
      if (pieces.length === 0) {
        const first = operands.shift();
        if (first === undefined) throw new UsageFault('');
        pieces.push(first);
      }
      const interpreter = new Interpreter(process, parseAwk(pieces.join('\n')), operands);
      for (const text of options.values('v')) {
        const [name = '', ...value] = text.split('=');
        interpreter.assignText(name, unescaped(value.join('=')));
      }
      const separator = options.value('F');
      if (separator !== undefined)
        interpreter.assignText('FS', separator === 't' ? 't' : unescaped(separator));
      const status = await interpreter.run();
      return status || (interpreter.streams.failed ? 1 : 0);
    } catch (error) {
      if (error instanceof AwkFault) {
        await complain(
          process,
          error.message.startsWith('cmd. line') ? error.message : `cmd. line:1: ${error.message}`,
        );
        return 1;
      }
      if (error instanceof FileError) {
        await complain(process, `${error.path}: ${describe(error)}`);
        return 1;
      }
      if (error instanceof ProgramNotFound) {
        await complain(process, error.message);
        return 1;
      }
      throw error;
    }
  },
);

function unescaped(text: string): string {
  const letters: Readonly<Record<string, string>> = {
    n: '\n',
    t: '\t',
    r: '\r',
    '\\': '\\',
    '"': '"',
  };
  return text.replace(/\\(.)/gs, (whole, letter: string) => letters[letter] ?? whole);
}
