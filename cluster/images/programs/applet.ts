// Makes a program of an applet's body: options read by its spec, usage faults told the way busybox does.

import type { Process, Program } from '../../node/process.ts';
import { FileError } from '../../node/file-system.ts';
import { describe } from './files.ts';
import type { OptionSpec, Options } from './program.ts';
import { UsageFault, complain, nameOf, parseOptions, print, printError } from './program.ts';

/** The version busybox calls itself, with the words of its banner. */
export const BUSYBOX_BANNER = 'BusyBox v1.37.0 (simulated) multi-call binary.';

export interface AppletSpec extends OptionSpec {
  /** What follows the name in the usage line: `[-n] [FILE]...`. */
  usage: string;
  /** Turns an old form into options: `head -5` into `head -n 5`. */
  rewrite?: (argv: readonly string[]) => readonly string[];
}

/** Resolves with the exit code. */
export type AppletBody = (process: Process, options: Options) => Promise<number>;

export function applet(spec: AppletSpec, body: AppletBody): Program {
  return async (process) => {
    try {
      if (process.argv[1] === '--help' && spec.long?.['help'] === undefined) {
        await print(process, usageText(process, spec));
        return 0;
      }
      return await body(process, parseOptions(spec.rewrite?.(process.argv) ?? process.argv, spec));
    } catch (error) {
      if (error instanceof FileError) {
        // A body that opens files tells their errors itself; what comes here happened while writing.
        await complain(process, `write error: ${describe(error)}`);
        return 1;
      }
      if (!(error instanceof UsageFault)) throw error;
      if (error.message !== '') await complain(process, error.message);
      await printError(process, usageText(process, spec));
      return 1;
    }
  };
}

function usageText(process: Process, spec: AppletSpec): string {
  return `${BUSYBOX_BANNER}\n\nUsage: ${nameOf(process)} ${spec.usage}\n`.replace(/ +\n/, '\n');
}
