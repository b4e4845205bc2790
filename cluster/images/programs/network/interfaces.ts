// ip, ifconfig, route and arp: a pod's one interface as kind's network plugin makes it. They show; nothing can be changed.

import type { Process, Program } from '../../../node/process.ts';
import { applet } from '../applet.ts';
import { complain, print, printError } from '../program.ts';

interface Interface {
  index: number;
  name: string;
  /** What the kernel shows of a pair's other end: `@if7`. */
  peer: string;
  flags: string;
  mtu: number;
  link: string;
  hardware: string;
  broadcastHardware: string;
  ip: string;
  length: number;
  scope: string;
}

function interfacesOf(process: Process): readonly Interface[] {
  const { ip } = process.net;
  const octets = ip.split('.').map(Number);
  const hex = octets.map((octet) => octet.toString(16).padStart(2, '0')).join(':');
  return [
    {
      index: 1,
      name: 'lo',
      peer: '',
      flags: 'LOOPBACK,UP,LOWER_UP',
      mtu: 65_536,
      link: 'loopback',
      hardware: '00:00:00:00:00:00',
      broadcastHardware: '00:00:00:00:00:00',
      ip: '127.0.0.1',
      length: 8,
      scope: 'host',
    },
    {
      index: 2,
      name: 'eth0',
      peer: `@if${(octets[3] ?? 0) + 2}`,
      flags: 'BROADCAST,MULTICAST,UP,LOWER_UP',
      mtu: 1_500,
      link: 'ether',
      hardware: `0a:58:${hex}`,
      broadcastHardware: 'ff:ff:ff:ff:ff:ff',
      ip,
      length: 24,
      scope: 'global',
    },
  ];
}

/** The pod's /24 with another last octet. */
function sibling(ip: string, last: number): string {
  return [...ip.split('.').slice(0, 3), last].join('.');
}

interface IpView {
  brief: boolean;
  ipv6: boolean;
  oneLine: boolean;
  iproute: boolean;
}

/** `busybox` leaves out what iproute2 adds: state, group. */
export function ip(flavour: 'busybox' | 'iproute2'): Program {
  return async (process) => {
    const words = process.argv.slice(1);
    const options = words.filter((word) => word.startsWith('-'));
    const [object = 'help', ...rest] = words.filter((word) => !word.startsWith('-'));
    const view: IpView = {
      brief: options.some((option) => option.startsWith('-br')),
      ipv6: options.includes('-6'),
      oneLine: options.some((option) => option.startsWith('-o')),
      iproute: flavour === 'iproute2',
    };
    const shown = rest.filter(
      (word) => !['show', 'list', 'ls', 'sh', 's', 'l', 'dev'].includes(word),
    );
    const changes = /^(add|a|del|delete|d|set|change|append|replace|flush)$/.test(rest[0] ?? '');
    const kind = ['address', 'link', 'route', 'neighbour', 'neighbor', 'rule'].find((name) =>
      name.startsWith(object),
    );
    if (kind === undefined) {
      await printError(
        process,
        flavour === 'iproute2'
          ? `Object "${object}" is unknown, try "ip help".\n`
          : 'Usage: ip [OPTIONS] address|route|link|neigh|rule [ARGS]\n',
      );
      return 1;
    }
    if (changes) {
      await complain(process, 'RTNETLINK answers: Operation not permitted');
      return 2;
    }
    return show(process, kind, shown[0], view);
  };
}

async function show(
  process: Process,
  kind: string,
  device: string | undefined,
  view: IpView,
): Promise<number> {
  const own = process.net.ip;
  const gateway = sibling(own, 1);
  switch (kind) {
    case 'route':
      await print(
        process,
        view.ipv6
          ? ''
          : `default via ${gateway} dev eth0 \n${sibling(own, 0)}/24 via ${gateway} dev eth0 src ${own} \n${gateway} dev eth0 scope link src ${own} \n`,
      );
      return 0;
    case 'rule':
      await print(
        process,
        '0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n',
      );
      return 0;
    case 'neighbour':
    case 'neighbor':
      await print(process, `${gateway} dev eth0 lladdr ${gatewayHardware(own)} REACHABLE \n`);
      return 0;
  }
  const all = interfacesOf(process);
  const chosen = device === undefined ? all : all.filter(({ name }) => name === device);
  if (chosen.length === 0) {
    await printError(
      process,
      view.iproute
        ? `Device "${device ?? ''}" does not exist.\n`
        : `ip: can't find device '${device ?? ''}'\n`,
    );
    return 1;
  }
  await print(
    process,
    chosen
      .map((one) => (view.brief ? briefText(one, kind) : interfaceText(one, kind, view)))
      .join(''),
  );
  return 0;
}

function briefText(one: Interface, kind: string): string {
  const name = `${one.name}${one.peer}`.padEnd(16);
  const state = (one.name === 'lo' ? 'UNKNOWN' : 'UP').padEnd(14);
  const shown = kind === 'link' ? `${one.hardware} <${one.flags}>` : `${one.ip}/${one.length}`;
  return `${name} ${state} ${shown} \n`;
}

function interfaceText(one: Interface, kind: string, { ipv6, oneLine, iproute }: IpView): string {
  const state = one.name === 'lo' ? 'UNKNOWN' : 'UP';
  const mode = kind === 'link' ? ' mode DEFAULT' : '';
  const more = iproute
    ? ` state ${state}${mode} group default`
    : ` ${state === 'UP' ? 'state UP ' : ''}`.trimEnd();
  const address =
    kind === 'link' || ipv6
      ? []
      : [
          `    inet ${one.ip}/${one.length}${one.scope === 'global' ? ` brd ${sibling(one.ip, 255)}` : ''} scope ${one.scope} ${one.name}`,
          '       valid_lft forever preferred_lft forever',
        ];
  if (oneLine && kind === 'address')
    return address.length === 0
      ? ''
      : `${one.index}: ${one.name}${address[0]?.replace('    inet', '    inet') ?? ''}\\${address[1] ?? ''}\n`;
  const lines = [
    `${one.index}: ${one.name}${one.peer}: <${one.flags}> mtu ${one.mtu} qdisc noqueue${more} qlen 1000`,
    `    link/${one.link} ${one.hardware} brd ${one.broadcastHardware}${one.peer !== '' && iproute ? ' link-netnsid 0' : ''}`,
    ...address,
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function gatewayHardware(ip: string): string {
  const hex = ip
    .split('.')
    .slice(0, 3)
    .map((octet) => Number(octet).toString(16).padStart(2, '0'))
    .join(':');
  return `0a:58:${hex}:01`;
}

export const ifconfig = applet(
  { letters: 'a', usage: '[-a] [IFACE]\n\nShow network interfaces' },
  async (process, options) => {
    const [name, ...changes] = options.operands;
    const shown = interfacesOf(process)
      .toReversed()
      .filter((one) => name === undefined || one.name === name);
    if (shown.length === 0) {
      await complain(
        process,
        `${name ?? ''}: error fetching interface information: Device not found`,
      );
      return 1;
    }
    if (changes.length > 0) {
      await complain(process, 'SIOCSIFFLAGS: Operation not permitted');
      return 1;
    }
    await print(process, shown.map(ifconfigText).join(''));
    return 0;
  },
);

function ifconfigText(one: Interface): string {
  const loopback = one.name === 'lo';
  const link = loopback
    ? 'Link encap:Local Loopback  '
    : `Link encap:Ethernet  HWaddr ${one.hardware.toUpperCase()}  `;
  const address = loopback
    ? `inet addr:${one.ip}  Mask:255.0.0.0`
    : `inet addr:${one.ip}  Bcast:${sibling(one.ip, 255)}  Mask:255.255.255.0`;
  const flags = loopback ? 'UP LOOPBACK RUNNING' : 'UP BROADCAST RUNNING MULTICAST';
  const lines = [
    `${one.name.padEnd(9)} ${link}`,
    `          ${address}`,
    `          ${flags}  MTU:${one.mtu}  Metric:1`,
    '          RX packets:0 errors:0 dropped:0 overruns:0 frame:0',
    '          TX packets:0 errors:0 dropped:0 overruns:0 carrier:0',
    '          collisions:0 txqueuelen:1000 ',
    '          RX bytes:0 (0.0 B)  TX bytes:0 (0.0 B)',
    '',
  ];
  return lines.map((line) => `${line}\n`).join('');
}

export const route = applet(
  { letters: 'neA:', usage: '[-ne]\n\nShow the kernel routing table' },
  async (process, options) => {
    if (options.operands.length > 0) {
      await complain(process, 'SIOCADDRT: Operation not permitted');
      return 1;
    }
    const own = process.net.ip;
    const gateway = sibling(own, 1);
    const numeric = options.has('n');
    const [everywhere, direct] = numeric ? ['0.0.0.0', '0.0.0.0'] : ['default', '*'];
    const rows: [string, string, string, string][] = [
      [everywhere, gateway, '0.0.0.0', 'UG'],
      [sibling(own, 0), gateway, '255.255.255.0', 'UG'],
      [gateway, direct, '255.255.255.255', 'UH'],
    ];
    await print(
      process,
      `Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\n${rows
        .map(
          ([to, via, mask, flags]) =>
            `${to.padEnd(15)} ${via.padEnd(15)} ${mask.padEnd(15)} ${flags.padEnd(5)} 0      0        0 eth0\n`,
        )
        .join('')}`,
    );
    return 0;
  },
);

export const arp: Program = async (process) => {
  const own = process.net.ip;
  await print(process, `? (${sibling(own, 1)}) at ${gatewayHardware(own)} [ether]  on eth0\n`);
  return 0;
};
