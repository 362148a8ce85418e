#!/bin/sh
# Run at each boot: host keys that stay the same when a host is made anew, and the two hosts that are special.
set -eu
host=$(cat /proc/sys/kernel/hostname)
install -m 0600 /etc/lab/host-keys/"$host"/* /etc/ssh/

case "$host" in
  node6)
    echo 'AllowTcpForwarding no' >/etc/ssh/sshd_config.d/no-forwarding.conf
    ;;
  node7)
    iptables -w -I INPUT -p tcp --dport 22 ! -s bastion -j DROP
    ip6tables -w -I INPUT -p tcp --dport 22 -j DROP
    ;;
esac
