// The image nicolaka/netshoot: Alpine with the tools that look at networks. Those that would need packets say that they
// are not simulated.

import type { Image } from '../node/image.ts';
import type { Program } from '../node/process.ts';
import { type ImageFamily, singleImage } from './family.ts';
import { curlProgram } from './programs/curl/curl.ts';
import { dig } from './programs/dns/dig.ts';
import { host } from './programs/dns/host.ts';
import { nslookup } from './programs/dns/nslookup.ts';
import { ip } from './programs/network/interfaces.ts';
import { netcat } from './programs/network/netcat.ts';
import { ping } from './programs/network/ping.ts';
import { ss } from './programs/network/sockets.ts';
import { notSimulated } from './programs/not-simulated.ts';
import { printError } from './programs/program.ts';
import { shellProgram } from './shell/program.ts';
import { alpinePrograms, releaseFiles } from './userland.ts';

/** What else its Dockerfile installs. */
const NOT_SIMULATED =
  `ab bird bridge conntrack dhcping drill ethtool fping grpcurl http httpie iftop iperf iperf3 ipset
  iptables iptraf-ng ipvsadm jq mtr nft ngrep nmap nping openssl perf scapy snmpget snmpwalk socat speedtest-cli ssh strace
  swaks tcpdump tcptraceroute termshark tracepath traceroute trippy tshark websocat`.split(/\s+/);

const bash = shellProgram({ flavour: 'bash', version: '5.3.3(1)-release' });

/** Its command without arguments. The prompt is bash's, so a person should know. */
const zsh: Program = async (process) => {
  await printError(process, 'zsh is not simulated in the embedded cluster: this is bash\n');
  return bash(process);
};

const programs: Record<string, Program> = {
  ...alpinePrograms(),
  ...Object.fromEntries(NOT_SIMULATED.map((name) => [`/usr/bin/${name}`, notSimulated])),
  '/bin/bash': bash,
  '/bin/zsh': zsh,
  '/bin/ping': ping('iputils'),
  '/sbin/ip': ip('iproute2'),
  '/usr/sbin/ss': ss,
  '/usr/bin/curl': curlProgram({ version: '8.21.0' }),
  '/usr/bin/dig': dig,
  '/usr/bin/host': host,
  '/usr/bin/nc': netcat('openbsd'),
  '/usr/bin/nslookup': nslookup,
};
// busybox's own stand behind these in life too, but in a folder that the PATH names later.
for (const name of ['ip', 'nc', 'nslookup']) delete programs[`/bin/${name}`];

const image: Image = {
  repository: 'nicolaka/netshoot',
  tags: ['latest', 'v0.16', 'v0.15', 'v0.14', 'v0.13', 'v0.12', 'v0.11'],
  entrypoint: [],
  cmd: ['zsh'],
  env: {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOSTNAME: 'netshoot',
  },
  workingDir: '/root',
  user: { uid: 0, gid: 0, name: 'root', home: '/root' },
  stopSignal: 'SIGTERM',
  size: 202_000_000,
  memory: 2 * 1024 * 1024,
  files: {
    ...releaseFiles('alpine', []),
    '/etc/bash/bashrc': "PS1='\\h:\\w\\$ '\n",
    '/root': { directory: true, mode: 0o700 },
    '/tmp': { directory: true, mode: 0o1777 },
  },
  programs,
};

export const netshoot: ImageFamily = singleImage(image);
