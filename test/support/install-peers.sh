#!/bin/sh
# Installs the real programs that the tests and the laboratory run beside Tollgate.
# Debian packages only; safe to run again; no service is started by it.
set -eu

PEERS="nginx haproxy caddy wrk nghttp2-client apache2-utils slowhttptest pebble redis-server \
chromium nftables iptables conntrack iproute2 util-linux systemd systemd-journal-remote procps curl \
openssl dnsmasq-base prometheus goaccess debootstrap iputils-ping socat ufw"

missing=""
for package in $PEERS; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || { echo "peers: all installed"; exit 0; }

if [ "$(id -u)" != 0 ]; then
  echo "peers: not root, so these stay missing:$missing" >&2
  echo "peers: run as root: sh test/support/install-peers.sh" >&2
  exit 1
fi

# Debian starts a daemon as it is installed; this file, the documented way to say no, is ours only for that time.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT INT TERM HUP
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update -q
# shellcheck disable=SC2086 -- a list of words is meant
apt-get install -q -y --no-install-recommends $missing
