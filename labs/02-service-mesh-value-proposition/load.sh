#!/bin/sh
# sh load.sh -c 2 -qps 20 -n 200 http://backend/
# Sends requests from a pod of its own, called measure, and prints how many answers there were of each status code. The words
# are fortio's: -c callers at once, -qps requests a second, -n requests in all.

if [ -z "$1" ]; then
  echo "usage: sh load.sh -c 2 -qps 20 -n 200 http://backend/" >&2
  exit 2
fi
# Errors are what is counted here, so the first one ends nothing; and who waits long is still counted as answered.
kubectl run measure --image=fortio/fortio:1.75.2 --rm -i --restart=Never -- \
  load -allow-initial-errors -timeout 30s "$@" 2>&1 | grep '^Code'
