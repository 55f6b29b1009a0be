#!/bin/sh
# Puts the kit on this node: run it as root, as often as you like. It changes only what differs, and restarts nothing.
#
#     sh install.sh BIN_DIR
#
# BIN_DIR is the folder that --image-credential-provider-bin-dir of the kubelet names.
set -eu
umask 022

certs_dir=/etc/containerd/certs.d
settings=/etc/mirrorgen/mirrored.json
provider=mirrorgen-credential-provider
mark='# Written by mirrorgen.'

kit=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
bin_dir=${1:?"usage: sh install.sh BIN_DIR"}

is_ours() {
    case $(head -n 1 -- "$1") in "$mark"*) return 0 ;; *) return 1 ;; esac
}

# put FROM TO MODE: at no time is there half a file.
put() {
    cmp -s -- "$1" "$2" && return 0
    install -D -m "$3" -- "$1" "$2.new"
    mv -f -- "$2.new" "$2"
    echo "wrote $2"
}

for found in "$kit"/certs.d/*/hosts.toml; do
    there=$certs_dir/$(basename -- "$(dirname -- "$found")")/hosts.toml
    if [ -e "$there" ] && ! is_ours "$there"; then
        echo "$there is not mirrorgen's: move it away, and run this again" >&2
        exit 1
    fi
done

# What is no longer in the kit goes first, and the plugin last: it answers only where all the rest is in its place.
for there in "$certs_dir"/*/hosts.toml; do
    folder=$(dirname -- "$there")
    if [ -e "$there" ] && is_ours "$there" && [ ! -e "$kit/certs.d/$(basename -- "$folder")/hosts.toml" ]; then
        rm -- "$there"
        rmdir -- "$folder" 2>/dev/null || true
        echo "removed $there"
    fi
done
for found in "$kit"/certs.d/*/hosts.toml; do
    put "$found" "$certs_dir/$(basename -- "$(dirname -- "$found")")/hosts.toml" 0644
done
put "$kit/mirrored.json" "$settings" 0644
put "$kit/$provider" "$bin_dir/$provider" 0755

if "$bin_dir/$provider" "$settings" --check; then
    echo "this node is ready; the kubelet reads $kit/kubelet.json when it starts: see README.md"
else
    echo "the kubelet gets no password until that is so: see README.md"
fi
