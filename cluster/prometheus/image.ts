// The image prom/prometheus, bound to the API of one cluster, and the reloader that Istio's sample runs beside it.

import type { Image, ImageFile } from '../node/image.ts';
import type { Program } from '../node/process.ts';
import type { AskApi } from './discovery/kubernetes-api.ts';
import { configReloader } from './config-reloader.ts';
import { promtool } from './promtool.ts';
import { prometheusProgram } from './prometheus.ts';

/** What Istio's sample of the version of this mesh installs. */
export const PROMETHEUS_VERSION = '3.10.0';

export interface PrometheusImageFamily {
  repository: string;
  aliases: readonly string[];
  examples: readonly string[];
  image(tag: string): Image | undefined;
}

export interface Userland {
  programs: Readonly<Record<string, Program>>;
  files: Readonly<Record<string, ImageFile>>;
}

/** The configuration that lies in the image: Prometheus looking at itself. */
const OWN_CONFIGURATION = `global:
  scrape_interval: 15s
  evaluation_interval: 15s
scrape_configs:
  - job_name: prometheus
    static_configs:
      - targets: ["localhost:9090"]
        labels:
          app: prometheus
`;

/** @param userlandOf is asked when the first image is made: most clusters never run one. */
export function prometheusImages(ask: AskApi, userlandOf: () => Userland): PrometheusImageFamily[] {
  return [prometheus(ask, userlandOf), reloader()];
}

function reloader(): PrometheusImageFamily {
  const repository = 'prometheus-operator/prometheus-config-reloader';
  return {
    repository,
    aliases: [`ghcr.io/${repository}`, `quay.io/${repository}`],
    examples: ['v0.89.0'],
    image: (tag) => (/^v0\.\d+\.\d+$/.test(tag) ? reloaderImage(repository, tag) : undefined),
  };
}

function reloaderImage(repository: string, tag: string): Image {
  return {
    repository,
    tags: [tag],
    entrypoint: ['/bin/prometheus-config-reloader'],
    cmd: [],
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
    workingDir: '/',
    user: { uid: 65534, gid: 65534, name: 'nobody', home: '/home' },
    stopSignal: 'SIGTERM',
    size: 15_000_000,
    memory: 12 * 1024 * 1024,
    files: {},
    programs: { '/bin/prometheus-config-reloader': configReloader },
  };
}

function prometheus(ask: AskApi, userlandOf: () => Userland): PrometheusImageFamily {
  const made = new Map<string, Image>();
  return {
    repository: 'prom/prometheus',
    aliases: ['quay.io/prometheus/prometheus'],
    examples: [`v${PROMETHEUS_VERSION}`],
    image: (tag) => {
      const version = /^(?:latest|v(3\.\d+\.\d+))$/.exec(tag);
      if (!version) return undefined;
      let image = made.get(tag);
      if (!image)
        made.set(tag, (image = make(tag, version[1] ?? PROMETHEUS_VERSION, ask, userlandOf())));
      return image;
    },
  };
}

function make(tag: string, version: string, ask: AskApi, userland: Userland): Image {
  return {
    repository: 'prom/prometheus',
    tags: [tag],
    entrypoint: ['/bin/prometheus'],
    cmd: ['--config.file=/etc/prometheus/prometheus.yml', '--storage.tsdb.path=/prometheus'],
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
    workingDir: '/prometheus',
    user: { uid: 65534, gid: 65534, name: 'nobody', home: '/home' },
    stopSignal: 'SIGTERM',
    size: 130_000_000,
    memory: 60 * 1024 * 1024,
    files: {
      ...userland.files,
      '/etc/prometheus/prometheus.yml': OWN_CONFIGURATION,
      '/prometheus': { directory: true, uid: 65534, gid: 65534 },
    },
    programs: {
      ...userland.programs,
      '/bin/prometheus': prometheusProgram(ask, version),
      '/bin/promtool': promtool(version),
    },
  };
}
