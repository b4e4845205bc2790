// The files of the nginx image: its main configuration, types and pages.

import type { ImageFile } from '../../node/image.ts';
import { packagedDefault } from './entrypoint.ts';

export interface FilesOptions {
  /** 1.29 and later greet in other words. */
  newWelcome: boolean;
  /** The level of the image's error log: `notice` since 1.21, `warn` before. */
  errorLevel: 'notice' | 'warn';
}

const mainConfiguration = (level: string) => `user  nginx;
worker_processes  auto;

error_log  /var/log/nginx/error.log ${level};
pid        /run/nginx.pid;

events {
    worker_connections  1024;
}

http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;

    log_format  main  '$remote_addr - $remote_user [$time_local] "$request" '
                      '$status $body_bytes_sent "$http_referer" '
                      '"$http_user_agent" "$http_x_forwarded_for"';

    access_log  /var/log/nginx/access.log  main;

    sendfile        on;
    keepalive_timeout  65;

    include /etc/nginx/conf.d/*.conf;
}
`;

const mimeTypes = `types {
    text/html                                        html htm shtml;
    text/css                                         css;
    text/xml                                         xml;
    image/gif                                        gif;
    image/jpeg                                       jpeg jpg;
    application/javascript                           js;
    text/plain                                       txt;
    text/markdown                                    md;
    image/avif                                       avif;
    image/png                                        png;
    image/svg+xml                                    svg svgz;
    image/webp                                       webp;
    image/x-icon                                     ico;
    font/woff                                        woff;
    font/woff2                                       woff2;
    application/json                                 json;
    application/pdf                                  pdf;
    application/wasm                                 wasm;
    application/zip                                  zip;
    application/octet-stream                         bin exe dll iso img;
    audio/mpeg                                       mp3;
    video/mp4                                        mp4;
    video/webm                                       webm;
}
`;

const page = (title: string, body: string) => `<!DOCTYPE html>
<html>
<head>
<title>${title}</title>
<style>
html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto;
font-family: Tahoma, Verdana, Arial, sans-serif; }
</style>
</head>
<body>
${body}
</body>
</html>
`;

const newWelcome = page(
  'Welcome to nginx!',
  `<h1>Welcome to nginx!</h1>
<p>If you see this page, nginx is successfully installed and working.
Further configuration is required for the web server, reverse proxy, 
API gateway, load balancer, content cache, or other features.</p>

<p>For online documentation and support please refer to
<a href="https://nginx.org/">nginx.org</a>.<br/>
To engage with the community please visit
<a href="https://community.nginx.org/">community.nginx.org</a>.<br/>
For enterprise grade support, professional services, additional 
security features and capabilities please refer to
<a href="https://f5.com/nginx">f5.com/nginx</a>.</p>

<p><em>Thank you for using nginx.</em></p>`,
);

const oldWelcome = page(
  'Welcome to nginx!',
  `<h1>Welcome to nginx!</h1>
<p>If you see this page, the nginx web server is successfully installed and
working. Further configuration is required.</p>

<p>For online documentation and support please refer to
<a href="http://nginx.org/">nginx.org</a>.<br/>
Commercial support is available at
<a href="http://nginx.com/">nginx.com</a>.</p>

<p><em>Thank you for using nginx.</em></p>`,
);

const errorPage = page(
  'Error',
  `<h1>An error occurred.</h1>
<p>Sorry, the page you are looking for is currently unavailable.<br/>
Please try again later.</p>
<p>If you are the system administrator of this resource then you should check
the error log for details.</p>
<p><em>Faithfully yours, nginx.</em></p>`,
);

export function nginxFiles(options: FilesOptions): Record<string, ImageFile> {
  return {
    '/etc/nginx/nginx.conf': mainConfiguration(options.errorLevel),
    '/etc/nginx/mime.types': mimeTypes,
    '/etc/nginx/conf.d/default.conf': packagedDefault,
    '/usr/share/nginx/html/index.html': options.newWelcome ? newWelcome : oldWelcome,
    '/usr/share/nginx/html/50x.html': errorPage,
    '/var/log/nginx/access.log': { link: '/dev/stdout' },
    '/var/log/nginx/error.log': { link: '/dev/stderr' },
    '/var/cache/nginx': { directory: true, uid: 101, gid: 0 },
  };
}
