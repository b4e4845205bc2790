// The image nginxdemos/hello: an nginx that says which pod answered. As a page, or as plain text for curl.

import type { Image } from '../node/image.ts';
import { type ImageFamily, imageFamily } from './family.ts';
import { nginxImage } from './nginx.ts';

/** The nginx it is built on: its image was last made with that branch. */
const BASE = '1.27-alpine';

const plainConfiguration = `server {
    listen 80;
    listen [::]:80;

    location / {
        default_type text/plain;
        expires -1;
        return 200 'Server address: $server_addr:$server_port\\nServer name: $hostname\\nDate: $time_local\\nURI: $request_uri\\nRequest ID: $request_id\\n';
    }
}
`;

const pageConfiguration = `server {
    listen 80;
    listen [::]:80;

    root /usr/share/nginx/html;
    try_files /index.html =404;
    expires -1;

    sub_filter_once off;
    sub_filter 'server_hostname' '$hostname';
    sub_filter 'server_address' '$server_addr:$server_port';
    sub_filter 'server_url' '$request_uri';
    sub_filter 'server_date' '$time_local';
    sub_filter 'request_id' '$request_id';
}
`;

const page = `<!DOCTYPE html>
<html>
<head>
<title>Hello World</title>
<style>
body { margin: 0; font: 300 16px 'Source Sans Pro', Arial, sans-serif; }
.info { max-width: 28em; margin: 4em auto; font-size: 16px; line-height: 1.6; }
.smaller span { font-size: 15px; }
.footer { text-align: center; color: #999; font-size: 13px; }
</style>
<script>
var ref;
function checkRefresh() {
    if (document.cookie == "refresh=1") {
        document.getElementById("check").checked = true;
        ref = setTimeout(function () { location.reload(); }, 1000);
    }
}
function changeCookie() {
    if (document.getElementById("check").checked) {
        document.cookie = "refresh=1";
        ref = setTimeout(function () { location.reload(); }, 1000);
    } else {
        document.cookie = "refresh=0";
        clearTimeout(ref);
    }
}
</script>
</head>
<body onload="checkRefresh();">
<div class="info">
<p><span>Server&nbsp;address:</span> <span>server_address</span></p>
<p><span>Server&nbsp;name:</span> <span>server_hostname</span></p>
<p class="smaller"><span>Date:</span> <span>server_date</span></p>
<p class="smaller"><span>URI:</span> <span>server_url</span></p>
</div>
<div class="check"><input type="checkbox" id="check" onchange="changeCookie()"> Auto Refresh</div>
<div class="footer">Request ID: request_id<br/>
&copy; F5, Inc. 2020 - 2024
</div>
</body>
</html>
`;

function helloImage(tag: string): Image | undefined {
  const plain = /^(\d\.\d-)?plain-text$/.test(tag);
  if (!plain && !['latest', '0.4', '0.3', '0.2'].includes(tag)) return undefined;
  const base = nginxImage(BASE);
  if (!base) return undefined;
  const { '/etc/nginx/conf.d/default.conf': _packaged, ...files } = base.files;
  return {
    ...base,
    repository: 'nginxdemos/hello',
    tags: [tag],
    size: plain ? 22_200_000 : 22_300_000,
    files: {
      ...files,
      '/etc/nginx/conf.d/hello.conf': plain ? plainConfiguration : pageConfiguration,
      ...(plain ? {} : { '/usr/share/nginx/html/index.html': page }),
    },
  };
}

export const nginxHello: ImageFamily = imageFamily(
  'nginxdemos/hello',
  ['latest', 'plain-text'],
  helloImage,
);
