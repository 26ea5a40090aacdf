#!/bin/sh
# What our rulesets cost beside no firewall, the published cure and a plain stateful one: sh price.sh [BLOCKS] [nft files …]
# Needs root, cc, nft and conntrack; makes two namespaces a shape and takes them away. For decisions/0801 and 0802.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
test=$(dirname "$(dirname "$here")")
work=$(mktemp -d)
made=
cleanup() {
  for namespace in $made; do ip netns del "$namespace" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT INT TERM

blocks=${1:-300}
[ $# -eq 0 ] || shift
cc -O2 -o "$work/price" "$here/price.c" -lm

# Client and server of one shape, joined by a pair of links: NAME RULESET.
shapes=
stage() {
  number=$(echo "$shapes" | wc -w)
  server=price-s-$$-$number client=price-c-$$-$number
  made="$made $server $client"
  ip netns add "$server"
  ip netns add "$client"
  ip link add wan netns "$server" type veth peer name wan netns "$client"
  ip -n "$server" addr add 10.9.0.1/24 dev wan
  ip -n "$client" addr add 10.9.0.2/24 dev wan
  for one in "$server" "$client"; do ip -n "$one" link set lo up; ip -n "$one" link set wan up; done
  ip netns exec "$client" sysctl -qw net.ipv4.ip_local_port_range='1024 65535' net.ipv4.tcp_tw_reuse=1
  [ "$2" = none ] || ip netns exec "$server" nft -f "$2"
  shapes="$shapes $1 $server $client"
}

stage none none
for file in "$test/fixtures/stateful.nft" "$test/fixtures/story.nft" "$test/golden/web-untracked-unlimited.nft"; do
  stage "$(basename "$file" .nft)" "$file"
done
# Without the limit on new connections, which one source alone would meet at once.
for mode in stateful stateless; do
  sed '/@openers/d' "$test/golden/$mode.nft" > "$work/$mode.nft"
  stage "ours-$mode" "$work/$mode.nft"
done
for file in "$@"; do stage "$(basename "$file" .nft)" "$file"; done
# shellcheck disable=SC2086 -- a list of words is meant
"$work/price" "$blocks" $shapes
