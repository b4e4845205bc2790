// istioctl upgrade: another name of install, which brings a mesh to what is asked, whatever was there.

import type { Command } from '../command.ts';
import { command as install } from './install.ts';

const { example: _, ...rest } = install;

export const command: Command = {
  ...rest,
  long: 'The upgrade command is an alias for the install command',
};
