#!/bin/sh
# What our rulesets cost beside no firewall, the published cure and a plain stateful one: sh price.sh [BLOCKS] [nft files …]
# Needs root, cc, nft and conntrack; makes two namespaces and takes them away. The numbers of decisions/0801 come from here.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
test=$(dirname "$(dirname "$here")")
work=$(mktemp -d)
server=price-s-$$ client=price-c-$$
cleanup() { ip netns del "$server" 2>/dev/null || true; ip netns del "$client" 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT INT TERM

blocks=${1:-40}
[ $# -eq 0 ] || shift
cc -O2 -o "$work/price" "$here/price.c"
ip netns add "$server"
ip netns add "$client"
ip link add wan netns "$server" type veth peer name wan netns "$client"
ip -n "$server" addr add 10.9.0.1/24 dev wan
ip -n "$client" addr add 10.9.0.2/24 dev wan
for one in "$server" "$client"; do ip -n "$one" link set lo up; ip -n "$one" link set wan up; done
ip netns exec "$client" sysctl -qw net.ipv4.ip_local_port_range='1024 65535' net.ipv4.tcp_tw_reuse=1

# Without the limit on new connections, which one source alone would meet at once.
for mode in web-untracked stateful stateless; do
  sed '/@openers/d' "$test/golden/$mode.nft" > "$work/ours-$mode.nft"
done
"$work/price" "$server" "$client" "$blocks" none "$test/fixtures/stateful.nft" "$test/fixtures/story.nft" \
  "$test/golden/web-untracked-unlimited.nft" "$work/ours-stateful.nft" "$work/ours-stateless.nft" "$@"
