#!/bin/sh
# Run once, while the image is built: users, keys, and what a container can't have of systemd.
set -eu
cd /etc/lab

useradd --create-home --shell /bin/bash deploy
useradd --create-home --shell /bin/bash --groups sudo ops
echo 'deploy ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/deploy
chmod 0440 /etc/sudoers.d/deploy
printf 'ops:%s\n' "$(cat ops-password)" | chpasswd
for user in root deploy ops; do
  home=$(getent passwd "$user" | cut -d: -f6)
  install -d -m 0700 -o "$user" -g "$user" "$home/.ssh"
  install -m 0600 -o "$user" -g "$user" authorized_keys "$home/.ssh/authorized_keys"
done

# Every host gets its own keys at boot.
rm -f /etc/ssh/ssh_host_* ops-password authorized_keys Dockerfile
: >/etc/machine-id
chmod -R go= /etc/lab

install -m 0644 boot.service /etc/systemd/system/lab-boot.service
systemctl enable lab-boot.service ssh.service
systemctl mask systemd-firstboot.service systemd-sysctl.service systemd-modules-load.service systemd-udevd.service \
  systemd-remount-fs.service getty.target console-getty.service systemd-logind.service
systemctl set-default multi-user.target
