#!/bin/sh
# sh ask-prometheus.sh 'sum(istio_requests_total)'
# Asks the mesh's Prometheus, through the cluster's own API, and prints one line for each series: its value and its labels.

if [ -z "$1" ]; then
  echo "usage: sh ask-prometheus.sh 'a query in PromQL'" >&2
  exit 2
fi
# A query has blanks, braces and quotes; in an address each byte may stand as %XX.
query=$(printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g')
# A rate needs two counts, and what has only just begun has one: an empty answer is asked for again, a few times.
for try in 1 2 3 4 5; do
  answer=$(kubectl get --raw "/api/v1/namespaces/istio-system/services/prometheus:9090/proxy/api/v1/query?query=$query") || exit 1
  case $answer in
    *'"result":[]'*) [ "$try" -lt 5 ] && sleep 1 ;;
    *) break ;;
  esac
done
printf '%s\n' "$answer" | awk '{ gsub(/\{"metric":/, "\n"); print }' | awk '
  NR > 1 {
    value = $0; sub(/.*"value":\[[0-9.]+,"/, "", value); sub(/"\].*/, "", value)
    labels = $0; sub(/\},"value".*/, "", labels); sub(/^\{/, "", labels); gsub(/"/, "", labels)
    printf "%-10.10s %s\n", value, labels
  }
  END { if (NR < 2) print "no series" }'
