#!/usr/bin/env bash
# The bench's peer: what somebody who knows OpenSSH, tar and systemd well writes by hand for one fixed set of hosts. One multiplexed
# connection and one pass per host, everything in parallel, no compression, no checks, no second run.
# Usage: peer.sh WORK KEY KNOWN_HOSTS BINARIES NAME=ADDRESS…
set -euo pipefail
work=$1 key=$2 known=$3 bin=$4
shift 4
config=/etc/etcd data=/var/lib/etcd
ssh=(ssh -i "$key" -l root -o IdentitiesOnly=yes -o UserKnownHostsFile="$known" -o BatchMode=yes -o Compression=no
  -o ControlMaster=auto -o ControlPath="$work/%C" -o ControlPersist=30 -c aes128-gcm@openssh.com)

mkdir -p "$work/pki"
cluster=$(printf '%s,' "$@" | sed 's/=\([^,]*\),/=https:\/\/\1:2380,/g; s/,$//')

key_pair() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null || openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

leaf() { # NAME CN USAGES SANS
  local at=$work/pki/$1
  key_pair "$at"
  openssl req -new -key "$at.key" -subj "/CN=$2" -out "$at.csr"
  openssl x509 -req -in "$at.csr" -CA "$work/pki/ca.crt" -CAkey "$work/pki/ca.key" -set_serial "0x$(openssl rand -hex 16)" -days 365 \
    -extfile <(printf 'keyUsage=critical,digitalSignature\nextendedKeyUsage=%s\n%s' "$3" "${4:+subjectAltName=$4}") -out "$at.crt" 2>/dev/null
}

connect() { "${ssh[@]}" "$1" true; }

for member in "$@"; do connect "${member#*=}" & done
key_pair "$work/pki/ca"
openssl req -x509 -new -key "$work/pki/ca.key" -subj '/CN=etcd CA' -days 3650 -out "$work/pki/ca.crt" \
  -addext 'keyUsage=critical,keyCertSign,cRLSign' 2>/dev/null
for member in "$@"; do
  name=${member%%=*} address=${member#*=}
  sans="DNS:$name,DNS:localhost,IP:127.0.0.1,IP:$address"
  leaf "$name-server" "$name" serverAuth,clientAuth "$sans" &
  leaf "$name-peer" "$name" serverAuth,clientAuth "$sans" &
done
leaf admin root clientAuth '' &
wait

deploy() { # NAME ADDRESS
  local tree=$work/tree/$1
  mkdir -p "$tree/etc/etcd/tls" "$tree/etc/systemd/system" "$tree/opt/etcd"
  cp "$work/pki/ca.crt" "$tree/etc/etcd/tls/ca.crt"
  for kind in server peer; do
    cp "$work/pki/$1-$kind.crt" "$tree/etc/etcd/tls/$kind.crt"
    cp "$work/pki/$1-$kind.key" "$tree/etc/etcd/tls/$kind.key"
  done
  cp "$work/pki/admin.crt" "$work/pki/admin.key" "$tree/etc/etcd/tls/"
  cat >"$tree/etc/etcd/etcd.env" <<ENV
ETCD_NAME=$1
ETCD_DATA_DIR=$data
ETCD_LISTEN_PEER_URLS=https://$2:2380
ETCD_LISTEN_CLIENT_URLS=https://$2:2379,https://127.0.0.1:2379
ETCD_ADVERTISE_CLIENT_URLS=https://$2:2379
ETCD_INITIAL_ADVERTISE_PEER_URLS=https://$2:2380
ETCD_INITIAL_CLUSTER=$cluster
ETCD_INITIAL_CLUSTER_STATE=new
ETCD_INITIAL_CLUSTER_TOKEN=bench
ETCD_CERT_FILE=$config/tls/server.crt
ETCD_KEY_FILE=$config/tls/server.key
ETCD_TRUSTED_CA_FILE=$config/tls/ca.crt
ETCD_CLIENT_CERT_AUTH=true
ETCD_PEER_CERT_FILE=$config/tls/peer.crt
ETCD_PEER_KEY_FILE=$config/tls/peer.key
ETCD_PEER_TRUSTED_CA_FILE=$config/tls/ca.crt
ETCD_PEER_CLIENT_CERT_AUTH=true
ENV
  cat >"$tree/etc/systemd/system/etcd.service" <<UNIT
[Unit]
Description=etcd
After=network-online.target
[Service]
Type=notify
User=etcd
EnvironmentFile=$config/etcd.env
ExecStart=/opt/etcd/bin/etcd
Restart=on-failure
TimeoutStartSec=0
LimitNOFILE=65536
[Install]
WantedBy=multi-user.target
UNIT
  tar -cf - --owner=root --group=root --mode=u=rwx,go=rx -C "$tree" etc -C "$(dirname "$bin")" --transform "s,^$(basename "$bin"),opt/etcd/bin," "$(basename "$bin")" |
    "${ssh[@]}" "$2" "useradd --system --shell /usr/sbin/nologin --home-dir / etcd 2>/dev/null; mkdir -p -m 700 $data && chown etcd: $data && (umask 022; tar -xf - -C /) &&
      chown -R etcd: $config && chmod 600 $config/tls/*.key && systemctl daemon-reload && systemctl enable -q etcd && systemctl start --no-block etcd &&
      tries=0; until /opt/etcd/bin/etcdctl --endpoints https://127.0.0.1:2379 --cacert $config/tls/ca.crt --cert $config/tls/admin.crt --key $config/tls/admin.key \
        --dial-timeout=1s --command-timeout=2s endpoint health >/dev/null 2>&1; do tries=\$((tries + 1)); [ \$tries -lt 300 ] || exit 1; sleep 0.1; done"
}

export ETCDCTL_API=3
failed=0
pids=()
for member in "$@"; do deploy "${member%%=*}" "${member#*=}" & pids+=($!); done
for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
for member in "$@"; do "${ssh[@]}" -O exit "${member#*=}" 2>/dev/null || :; done
exit $failed
