#!/bin/sh
# Boots a throw-away systemd on top of an unpacked root file system, in the foreground.
# container.sh BASE UPPER NAME; ends on SIGTERM, and when the system inside powers off or reboots.
set -e
base=$1 upper=$2 name=$3
exec unshare --mount --propagation private sh -c '
    set -e
    mount -t tmpfs tmpfs /run
    for root in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
        [ -w "$root/cgroup.procs" ] || continue
        mkdir -p "$root/$3" && echo $$ > "$root/$3/cgroup.procs"
    done
    mkdir -p "$2/upper" "$2/work" "$2/root"
    mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_SECCOMP=0 exec systemd-nspawn -q -D "$2/root" \
        -M "$3" --boot --private-network --console=pipe --register=no --keep-unit \
        --kill-signal=SIGRTMIN+3
' sh "$base" "$upper" "$name"
