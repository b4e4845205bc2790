// Addresses of unix sockets: `unix:///path` or `unix://@abstract`.

export function unixAddress(address: string): string | undefined {
  const path = address.slice('unix://'.length);
  if (path === '') return 'unix address must not be empty';
  if (path.startsWith('@')) return undefined;
  return path.startsWith('/') && !path.endsWith('/')
    ? undefined
    : `${path} is not an absolute path to a file`;
}
