// The program of istiod's image: it is ready, says so, and keeps its ports open. What it knows and sends is mesh.ts.
// Source: istio/istio pilot/cmd/pilot-discovery; manifests/charts/istio-control/istio-discovery (ports).

import { serveHttp, textResponse } from '../../network/http-server.ts';
import type { Process, Program } from '../../node/process.ts';
import { bytesOf } from '../../streams.ts';
import type { Cancel } from '../../platform.ts';
import type { Mesh } from '../mesh.ts';

/** Readiness and debug, plain xDS, secure xDS, webhooks, self-monitoring. */
const PORTS = { http: 8080, grpc: 15_010, secure: 15_012, webhook: 15_017, monitoring: 15_014 };

/** @param startDuties begins what istiod does besides answering, and ends it. */
export function pilotDiscovery(mesh: Mesh, startDuties: () => Cancel): Program {
  return async (process) => {
    for (const port of Object.values(PORTS)) serve(process, port, mesh);
    const stop = startDuties();
    try {
      await new Promise<void>((resolve, reject) => {
        process.onSignal('SIGTERM', resolve);
        process.onSignal('SIGINT', resolve);
        process.signal.addEventListener('abort', () => reject(process.signal.reason as Error));
      });
      return 0;
    } finally {
      stop();
    }
  };
}

function serve(process: Process, port: number, mesh: Mesh): void {
  process.net.listen(port, (connection) => {
    serveHttp(connection, ({ target }) => {
      const path = target.split('?')[0];
      if (path === '/ready') return Promise.resolve(textResponse(200, ''));
      if (path === '/metrics')
        return Promise.resolve(
          textResponse(200, `# TYPE pilot_xds gauge\npilot_xds ${mesh.connected.length}\n`),
        );
      return Promise.resolve(textResponse(404, '404 page not found\n'));
    }).catch((error: unknown) => {
      process.stderr.write(bytesOf(`port ${port}: ${String(error)}\n`)).catch(() => {});
    });
  });
}
