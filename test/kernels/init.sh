#!/bin/busybox sh
# The init of the matrix's virtual machines: mounts what a host has, runs the kernel tests, powers off.
# The kernel hands words of its command line on as environment: WATTSPAN_SOCKET_HOOK, WATTSPAN_TESTS, WATTSPAN_EMULATED.
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp CI=true NO_COLOR=1

mkdir -p /proc /sys /dev /tmp /run
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/shm
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t bpf bpf /sys/fs/bpf
mount -t tracefs tracefs /sys/kernel/tracing
mount -t debugfs debugfs /sys/kernel/debug
mount -t cgroup2 cgroup2 /sys/fs/cgroup
ifconfig lo 127.0.0.1 up
hostname vm

cd /wattspan || exit
echo "kernel $(uname -r) ready after $(cut -d' ' -f1 /proc/uptime) s"
node node_modules/vitest/vitest.mjs run --config test/kernels/vitest.config.ts
echo "tests ended with $? after $(cut -d' ' -f1 /proc/uptime) s"
poweroff -f
