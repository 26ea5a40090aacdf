#!/bin/sh
# Builds Tollgate from this checkout and installs it: /opt/tollgate, units, one sysctl file, a first configuration.
# Safe to run again: that is the upgrade. The configuration in /etc/tollgate is never overwritten.
set -eu
# The service's user must be able to read what root installs.
umask 022

usage() {
  cat <<'TEXT'
Usage: deploy/install.sh [--dry-run] [--root DIR] [--no-start] [--uninstall [--purge]]

  --dry-run     say what would be done, do nothing
  --root DIR    install below DIR, as a packager does; starts nothing
  --no-start    install and enable, but start nothing
  --uninstall   stop it, unload its firewall, take away everything but configuration, state and logs
  --purge       with --uninstall: take these away as well
TEXT
}

dry_run=no root= start=yes action=install purge=no
while [ $# -gt 0 ]; do
  case $1 in
    --dry-run) dry_run=yes ;;
    --root) root=${2:?--root needs a directory}; shift ;;
    --no-start) start=no ;;
    --uninstall) action=uninstall ;;
    --purge) purge=yes ;;
    -h | --help) usage; exit 0 ;;
    *) echo "install.sh: expected an option listed below, got $1" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

checkout=$(cd "$(dirname "$0")/.." && pwd)
pnpm="npx --yes $(sed -n 's/.*"packageManager": "\(pnpm@[0-9.]*\).*/\1/p' "$checkout/package.json")"
opt=$root/opt/tollgate
sockets="tollgate.socket tollgate-http.socket"
units="tollgate.service $sockets tollgate-firewall.service"

say() { echo "install.sh: $*"; }
die() { echo "install.sh: $*" >&2; exit 1; }

# Everything that changes something goes through here, so that --dry-run shows all of it.
run() {
  if [ "$dry_run" = yes ]; then echo "would: $*"; else "$@"; fi
}

# A live systemd, and not one of another root.
manages() { [ -z "$root" ] && [ -d /run/systemd/system ]; }

# File of the checkout to its place; SOURCE TARGET MODE.
place() {
  if [ -f "$root$2" ] && cmp -s "$checkout/deploy/$1" "$root$2"; then return; fi
  note_directories "$(dirname "$2")"
  run install -D -m "$3" "$checkout/deploy/$1" "$root$2"
}

# Directories that this install makes, the innermost first: the uninstall takes away those that are empty.
note_directories() {
  directory=$1
  while [ "$dry_run" = no ] && [ ! -d "$root$directory" ]; do
    echo "$directory" >> "$opt/directories"
    directory=$(dirname "$directory")
  done
}

# Every file but the configuration, as SOURCE TARGET MODE; the uninstall reads the same list.
files() {
  for unit in $units; do echo "systemd/$unit /etc/systemd/system/$unit 644"; done
  echo "sysctl/60-tollgate.conf /etc/sysctl.d/60-tollgate.conf 644"
  echo "journald/journald@tollgate.conf /etc/systemd/journald@tollgate.conf 644"
  echo "logrotate/tollgate /etc/logrotate.d/tollgate 644"
  echo "sysusers/tollgate.conf /etc/sysusers.d/tollgate.conf 644"
  echo "tmpfiles/tollgate.conf /etc/tmpfiles.d/tollgate.conf 644"
  echo "share-keys /opt/tollgate/share-keys 755"
}

check_prerequisites() {
  [ "$(uname -s)" = Linux ] || die "expected Linux, got $(uname -s)"
  [ "$(id -u)" = 0 ] || [ "$dry_run" = yes ] || [ -n "$root" ] || die "expected root (or --dry-run)"
  command -v npx >/dev/null || die "expected Node 20 or later with npm: apt install nodejs npm"
}

build() {
  say "building $checkout"
  (cd "$checkout" && run $pnpm install --frozen-lockfile --silent && run $pnpm build)
}

# A release is complete before the link to it moves; the one before stays for the way back.
stage_release() {
  release=$opt/releases/$(date -u +%Y%m%d-%H%M%S)
  say "staging $release"
  run mkdir -p "$release/packages"
  for file in package.json pnpm-lock.yaml pnpm-workspace.yaml LICENSE; do
    run cp "$checkout/$file" "$release/"
  done
  for package in "$checkout"/packages/*/; do
    name=$(basename "$package")
    run mkdir -p "$release/packages/$name"
    run cp "$package/package.json" "$release/packages/$name/"
    run cp -R "$package/dist" "$release/packages/$name/"
  done
  run cp -R "$checkout/packages/cli/bin" "$checkout/packages/cli/assets" "$release/packages/cli/"
  # Only what runs: no compiler, no bench. The runtime itself comes with it, pinned by the lockfile. From the store that the
  # build has filled: left to itself, pnpm makes another at the root of the target's filesystem.
  store=$(cd "$checkout" && $pnpm store path)
  run env CI=true $pnpm --dir "$release" install --prod --frozen-lockfile --silent --store-dir "${store%/*}"
  check_runtime "$release"
  switch_to "$release"
}

# Node is linked against libatomic, which a small Debian lacks; better said now than by a unit that does not start.
check_runtime() {
  [ -z "$root" ] && [ "$dry_run" = no ] || return 0
  "$1/packages/cli/bin/tollgate" --version >/dev/null || { rm -rf "$1"; die "the runtime does not start: apt install libatomic1"; }
}

# rename(2): there is no moment without a current release.
switch_to() {
  before=$(basename "$(readlink "$opt/current" || true)")
  run ln -sfn "releases/$(basename "$1")" "$opt/next"
  run mv -Tf "$opt/next" "$opt/current"
  run mkdir -p "$root/usr/local/bin"
  run ln -sfn /opt/tollgate/current/packages/cli/bin/tollgate "$root/usr/local/bin/tollgate"
  [ "$dry_run" = yes ] || drop_releases_but "$1" "$opt/releases/$before"
}

# The one that ran until now is kept for the way back: not always the newest before, as somebody may have gone back already.
drop_releases_but() {
  for release_there in "$opt"/releases/*; do
    case $release_there in "$1" | "$2") ;; *) rm -rf "$release_there" ;; esac
  done
}

place_files() {
  files | while read -r source target mode; do place "$source" "$target" "$mode"; done
  if [ -e "$root/etc/tollgate/tollgate.yaml" ]; then
    say "/etc/tollgate/tollgate.yaml is yours: left as it is"
  else
    place tollgate.yaml /etc/tollgate/tollgate.yaml 644
  fi
}

start_it() {
  manages || { say "no systemd runs here: nothing started"; return; }
  # The service does not start without its group.
  run systemd-sysusers /etc/sysusers.d/tollgate.conf
  run systemctl daemon-reload
  run systemd-tmpfiles --create /etc/tmpfiles.d/tollgate.conf
  run sysctl --quiet --load /etc/sysctl.d/60-tollgate.conf
  run systemctl enable --quiet $units
  [ "$start" = yes ] || return 0
  # The sockets stay open over a restart, so new connections wait and none is refused.
  run systemctl start $sockets
  run systemctl restart tollgate.service
  say "running: systemctl status tollgate; next: tollgate doctor; tollgate firewall apply --confirm 60"
}

stop_it() {
  manages || return 0
  run systemctl disable --quiet --now $units 2>/dev/null || true
  # Timers of an apply: what they would undo is gone.
  run systemctl stop 'tollgate-revert-*' 2>/dev/null || true
  # Applied by hand, the ruleset is no unit's, and would stay.
  if nft list table inet tollgate >/dev/null 2>&1; then
    run nft delete table inet tollgate
    say "its firewall is unloaded: what else listens here can be reached now"
  fi
}

# Its journal has a daemon and sockets of its own (LogNamespace=tollgate).
purge_journal() {
  if manages; then
    run systemctl stop systemd-journald@tollgate.service systemd-journald@tollgate.socket \
      systemd-journald-varlink@tollgate.socket 2>/dev/null || true
  fi
  run rm -rf "$root/run/systemd/journal.tollgate"
  for journal in "$root"/var/log/journal/*.tollgate "$root"/run/log/journal/*.tollgate; do
    if [ -d "$journal" ]; then run rm -rf "$journal"; fi
  done
}

uninstall() {
  stop_it
  files | while read -r _ target _; do run rm -f "$root$target"; done
  # A link to share-keys, which goes.
  run rm -f "$root/etc/letsencrypt/renewal-hooks/deploy/tollgate"
  made=$(cat "$opt/directories" 2>/dev/null || true)
  run rm -rf "$opt" "$root/usr/local/bin/tollgate" "$root/run/tollgate-firewall"
  if [ "$purge" = yes ]; then
    run rm -rf "$root/etc/tollgate" "$root/var/lib/tollgate" "$root/var/lib/private/tollgate" \
      "$root/var/log/tollgate" "$root/var/log/private/tollgate" \
      "$root/var/cache/tollgate" "$root/var/cache/private/tollgate"
    if manages; then run groupdel tollgate-keys 2>/dev/null || true; fi
    purge_journal
  elif [ -d "$root/etc/tollgate" ]; then
    say "/etc/tollgate is yours: left as it is (--purge takes it away)"
  fi
  for directory in $made; do
    if [ -d "$root$directory" ]; then run rmdir --ignore-fail-on-non-empty "$root$directory"; fi
  done
  if manages; then run systemctl daemon-reload; fi
  say "uninstalled"
}

check_prerequisites
if [ "$action" = uninstall ]; then
  uninstall
else
  build
  stage_release
  place_files
  start_it
  say "installed"
fi
