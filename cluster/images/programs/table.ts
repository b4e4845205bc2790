// Which programs a distribution brings, by name.

import type { Program } from '../../node/process.ts';
import { shellProgram } from '../shell/program.ts';
import { awk } from './awk/awk.ts';
import { filePrograms } from './file-tools.ts';
import { filterPrograms } from './filters.ts';
import { find } from './find.ts';
import { grep } from './grep.ts';
import { identityPrograms } from './identity.ts';
import { listingPrograms } from './listing.ts';
import { plainPrograms } from './plain.ts';
import { processPrograms } from './process-tools.ts';
import { busyboxNslookup } from './dns/busybox-nslookup.ts';
import { arp, ifconfig, ip, route } from './network/interfaces.ts';
import { netcat } from './network/netcat.ts';
import { ping } from './network/ping.ts';
import { netstat } from './network/sockets.ts';
import { stty } from './stty.ts';
import { tar } from './tar/tar.ts';
import { telnet } from './network/telnet.ts';
import { sed } from './sed/sed.ts';
import { wget } from './wget/wget.ts';
import { xargs } from './xargs.ts';

const ash = shellProgram({ flavour: 'ash' });

/** busybox's applets, `sh` among them. */
export const busyboxApplets: Readonly<Record<string, Program>> = {
  ...plainPrograms,
  ...filterPrograms,
  ...identityPrograms,
  ...listingPrograms,
  ...filePrograms,
  ...processPrograms,
  find,
  grep,
  egrep: grep,
  fgrep: grep,
  awk,
  sed,
  arp,
  ifconfig,
  ip: ip('busybox'),
  nc: netcat('busybox'),
  netstat,
  nslookup: busyboxNslookup,
  ping: ping('busybox'),
  route,
  stty,
  tar,
  telnet,
  wget,
  xargs,
  sh: ash,
  ash,
};
