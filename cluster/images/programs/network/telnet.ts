// telnet: a connection by hand. It negotiates nothing.

import { NetError } from '../../../network/network.ts';
import type { Connection } from '../../../network/network.ts';
import { applet } from '../applet.ts';
import { hostAddress } from '../host-address.ts';
import { UsageFault, complain, print, printError } from '../program.ts';
import { pump } from './pump.ts';

const TELNET_PORT = 23;

export const telnet = applet(
  { letters: 'al:', usage: '[-a] [-l USER] HOST [PORT]\n\nConnect to telnet server' },
  async (process, options) => {
    const [host, text] = options.operands;
    if (host === undefined) throw new UsageFault('');
    const ip = await hostAddress(process, host);
    if (ip === undefined) {
      await complain(process, `bad address '${host}'`);
      return 1;
    }
    let connection: Connection;
    try {
      connection = await process.net.connect(ip, text === undefined ? TELNET_PORT : Number(text));
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
      await complain(process, `can't connect to remote host (${ip}): ${error.message}`);
      return 1;
    }
    await print(process, `Connected to ${host}\n`);
    try {
      await pump(process, connection, { halfClose: false });
    } catch (error) {
      if (!(error instanceof NetError)) throw error;
    }
    await printError(process, 'Connection closed by foreign host\n');
    return 1;
  },
);
