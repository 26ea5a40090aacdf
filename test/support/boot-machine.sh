#!/bin/sh
# Makes a machine of this one and becomes its systemd: boot-machine.sh DIRECTORY, in new mount, pid, cgroup, uts, ipc and
# network namespaces. Below: this machine's files; above: memory, which catches every write and ends with the machine.
set -e
layers=$1
mount --make-rprivate /
mkdir -p "$layers/root" "$layers/up"
mount -t tmpfs upper "$layers/up"
mkdir "$layers/up/upper" "$layers/up/work"
mount -t overlay machine -o "lowerdir=/,upperdir=$layers/up/upper,workdir=$layers/up/work" "$layers/root"
cd "$layers/root"

# What was written can be looked at from inside.
mount --bind "$layers/up" mnt
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mount -t tmpfs -o mode=755 dev dev
for device in null zero full random urandom tty; do
  : > "dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/shm dev/pts
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd

# Settings of the kernel that are not the network namespace's are everybody's.
mount --bind proc/sys proc/sys
mount --bind proc/sys/net proc/sys/net
mount -o remount,bind,ro proc/sys
ip link set lo up

# Nothing starts by itself but systemd, its journal and D-Bus, and nobody touches modules.
rm -f etc/systemd/system/*.target.wants/*
for unit in systemd-sysctl.service systemd-modules-load.service systemd-logind.service \
  sys-kernel-debug.mount sys-kernel-tracing.mount apt-daily.timer; do
  ln -sfn /dev/null "etc/systemd/system/$unit"
done
# A service with a user namespace of its own needs a root that is the mount namespace's: chroot would not do.
mkdir -p old
pivot_root . old
umount -l /old
rmdir /old
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root /lib/systemd/systemd --system --unit=multi-user.target
