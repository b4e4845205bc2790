// ping in two flavours. Echo requests are asked of the cluster's network, which knows who would answer.

import type { Process, Program } from '../../../node/process.ts';
import { BUSYBOX_BANNER } from '../applet.ts';
import { hostAddress } from '../host-address.ts';
import type { Options } from '../program.ts';
import { UsageFault, parseOptions, print, printError } from '../program.ts';

type Flavour = 'busybox' | 'iputils';

const HEADER_BYTES = 28;

const USAGE: Readonly<Record<Flavour, string>> = {
  busybox: `${BUSYBOX_BANNER}

Usage: ping [OPTIONS] HOST

Send ICMP ECHO_REQUESTs to HOST

	-c CNT		Send only CNT pings
	-s SIZE		Send SIZE data bytes in packets (default 56)
	-i SECS		Interval
	-W SEC		Seconds to wait for the first response (default 10)
	-w SEC		Seconds until ping exits (default:infinite)
	-q		Quiet, only display output at start/finish
`,
  iputils: `
Usage
  ping [options] <destination>

Options:
  <destination>      DNS name or IP address
  -c <count>         stop after <count> replies
  -i <interval>      seconds between sending each packet
  -q                 quiet output
  -s <size>          use <size> as number of data bytes to be sent
  -w <deadline>      reply wait <deadline> in seconds
  -W <timeout>       time to wait for response
`,
};

export function ping(flavour: Flavour): Program {
  return async (process) => {
    try {
      const options = parseOptions(process.argv, { letters: 'Abc:DfI:i:Ll:M:nOp:Qqrs:t:UvW:w:46' });
      const [host] = options.operands;
      if (host === undefined) throw new UsageFault('');
      const ip = await hostAddress(process, host);
      if (ip === undefined) {
        await printError(
          process,
          flavour === 'busybox'
            ? `ping: bad address '${host}'\n`
            : `ping: ${host}: Name does not resolve\n`,
        );
        return flavour === 'busybox' ? 1 : 2;
      }
      return await new Pinging(process, flavour, options, host, ip).run();
    } catch (error) {
      if (!(error instanceof UsageFault)) throw error;
      const said = error.message === '' ? '' : `ping: ${error.message}\n`;
      await printError(process, said + USAGE[flavour]);
      return flavour === 'busybox' ? 1 : 2;
    }
  };
}

class Pinging {
  readonly #process: Process;
  readonly #busybox: boolean;
  readonly #options: Options;
  readonly #host: string;
  readonly #ip: string;
  readonly #startedAt: number;
  readonly #times: number[] = [];
  #sent = 0;
  #stop: () => void = () => {};
  #stopped = false;

  constructor(process: Process, flavour: Flavour, options: Options, host: string, ip: string) {
    this.#process = process;
    this.#busybox = flavour === 'busybox';
    this.#options = options;
    this.#host = host;
    this.#ip = ip;
    this.#startedAt = process.clock.now();
  }

  async run(): Promise<number> {
    const count = Number(this.#options.value('c') ?? Infinity);
    const interval = Math.max(0.002, Number(this.#options.value('i') ?? 1)) * 1000;
    const deadline = Number(this.#options.value('w') ?? Infinity) * 1000;
    const bytes = Number(this.#options.value('s') ?? 56);
    const interrupted = new Promise<void>((resolve) => {
      this.#stop = () => {
        this.#stopped = true;
        resolve();
      };
    });
    this.#process.onSignal('SIGINT', this.#stop);
    await this.#say(
      this.#busybox
        ? `PING ${this.#host} (${this.#ip}): ${bytes} data bytes\n`
        : `PING ${this.#host} (${this.#ip}) ${bytes}(${bytes + HEADER_BYTES}) bytes of data.\n`,
    );
    while (this.#sent < count) {
      await this.#once(bytes);
      const wait = this.#sent < count ? interval : this.#lingerMs();
      const left = deadline - (this.#process.clock.now() - this.#startedAt);
      await Promise.race([this.#process.sleep(Math.max(0, Math.min(wait, left))), interrupted]);
      if (this.#stopped || left <= wait) break;
    }
    await this.#say(this.#summary());
    return this.#times.length > 0 ? 0 : 1;
  }

  async #once(bytes: number): Promise<void> {
    const askedAt = this.#process.clock.now();
    const sequence = this.#sent++;
    if (!(await this.#process.net.echo(this.#ip))) return;
    const ms = this.#process.clock.now() - askedAt + 0.03 + this.#process.random() * 0.06;
    this.#times.push(ms);
    if (this.#options.has('q')) return;
    const own = this.#ip.startsWith('127.') || this.#ip === this.#process.net.ip;
    const order = this.#busybox ? `seq=${sequence}` : `icmp_seq=${sequence + 1}`;
    const time = this.#busybox ? ms.toFixed(3) : significant(ms);
    await this.#say(
      `${bytes + 8} bytes from ${this.#ip}: ${order} ttl=${own ? 64 : 63} time=${time} ms\n`,
    );
  }

  /** Milliseconds it still waits for answers that are missing. */
  #lingerMs(): number {
    if (this.#times.length === this.#sent) return 0;
    return Number(this.#options.value('W') ?? 10) * 1000;
  }

  #summary(): string {
    const received = this.#times.length;
    const lost = Math.floor(((this.#sent - received) * 100) / Math.max(1, this.#sent));
    const head = `\n--- ${this.#host} ping statistics ---\n${this.#sent} packets transmitted, `;
    const [least, most] = [Math.min(...this.#times), Math.max(...this.#times)];
    const mean = this.#times.reduce((sum, ms) => sum + ms, 0) / received;
    if (this.#busybox) {
      const trip = `round-trip min/avg/max = ${[least, mean, most].map((ms) => ms.toFixed(3)).join('/')} ms\n`;
      return `${head}${received} packets received, ${lost}% packet loss\n${received > 0 ? trip : ''}`;
    }
    const deviation = Math.sqrt(
      this.#times.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / received,
    );
    const trip = `rtt min/avg/max/mdev = ${[least, mean, most, deviation].map((ms) => ms.toFixed(3)).join('/')} ms\n`;
    const took = Math.round(this.#process.clock.now() - this.#startedAt);
    return `${head}${received} received, ${lost}% packet loss, time ${took}ms\n${received > 0 ? trip : '\n'}`;
  }

  #say(text: string): Promise<void> {
    return print(this.#process, text);
  }
}

/** iputils' three digits. */
function significant(ms: number): string {
  return ms.toFixed(ms < 1 ? 3 : ms < 10 ? 2 : ms < 100 ? 1 : 0);
}
