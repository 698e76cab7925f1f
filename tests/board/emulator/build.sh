#!/bin/bash
# Builds the files of the emulated Raspberry Pi 3 into a folder (default: .board):
#   vmlinuz, stub.bin, initrd.img, board.dtb, sd.img, versions.txt
# Usage: build.sh [DIR]
# Needs a Debian machine whose apt can reach Debian bookworm; see README.md.
# BOARD_PACKAGES="..." adds Debian packages to the guest.
# BOARD_SUITE, BOARD_SD_MIB change the release and the size of the card (a power of two).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-.board}
suite=${BOARD_SUITE:-bookworm}
sd_mib=${BOARD_SD_MIB:-512}
keyring=${BOARD_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
guest_packages="systemd systemd-sysv udev kmod usr-is-merged iproute2 procps openssl ca-certificates
 python3 python3-venv python3-pip python3-aiohttp python3-evdev python3-serial python3-luma.oled
 python3-pil python3-rpi.gpio python3-smbus2 python3-libgpiod ${BOARD_PACKAGES:-}"
host_packages="qemu-system-arm qemu-system-common device-tree-compiler e2fsprogs squashfs-tools cpio kmod fakeroot"

t0=$SECONDS
say() { printf '[%3ds] %s\n' $((SECONDS - t0)) "$*" >&2; }

mkdir -p "$out"; out=$(cd "$out" && pwd)
exec 9>"$out/lock"; flock 9

stamp=$( { cat "$here/build.sh" "$here/mkroot.py" "$here/bootstub.py" "$here/init"; find "$here/guest" -type f | LC_ALL=C sort | xargs cat
           echo "$guest_packages $suite $sd_mib"; } | sha256sum | cut -d' ' -f1)
if [ "$(cat "$out/stamp" 2>/dev/null)" = "$stamp" ]; then say "$out is up to date"; exit 0; fi
rm -f "$out/stamp" "$out/warm.state" "$out/warm-card.img"

# 1. tools of this machine
missing=""
for p in $host_packages; do
  dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
if [ -n "$missing" ]; then
  if [ "$(id -u)" != 0 ]; then say "please install:$missing"; exit 1; fi
  say "installing:$missing"
  apt-get update -qq || true
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >"$out/apt-host.log" 2>&1 </dev/null ||
    { tail -5 "$out/apt-host.log" >&2; exit 1; }
fi
export PATH=$PATH:/usr/sbin:/sbin
root=""; [ "$(id -u)" = 0 ] || root="fakeroot --"

# 2. packages of the guest: a private apt that knows only arm64, fed by the sources this machine already uses
work=$out/work; rm -rf "$work"; mkdir -p "$work" "$out/apt/lists/partial" "$out/apt/archives/partial" "$out/apt/etc/empty"
if [ -n "${BOARD_SOURCES:-}" ]; then cp "$BOARD_SOURCES" "$out/apt/etc/sources.list"; else
  lines() { apt-get indextargets 'Created-By: Packages' 'Origin: Debian' \
      --format "deb [arch=arm64 signed-by=$keyring] \$(REPO_URI) \$(CODENAME) main" |
      awk -v s="$suite" '$5 == s || $5 == s "-updates" || $5 == s "-security"' | sort -u; }
  lines >"$out/apt/etc/sources.list"
  if [ ! -s "$out/apt/etc/sources.list" ] && [ "$(id -u)" = 0 ]; then apt-get update -qq; lines >"$out/apt/etc/sources.list"; fi
fi
[ -s "$out/apt/etc/sources.list" ] || { say "apt knows no Debian $suite here; name a sources.list in BOARD_SOURCES"; exit 1; }
: >"$out/apt/status"
apt=(-qq -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o Dir::State="$out/apt" -o Dir::State::status="$out/apt/status"
 -o Dir::Cache="$out/apt" -o Dir::Cache::archives="$out/apt/archives" -o Dir::Etc::sourcelist="$out/apt/etc/sources.list"
 -o Dir::Etc::sourceparts="$out/apt/etc/empty" -o APT::Install-Recommends=false -o APT::Sandbox::User= -o Acquire::Languages=none
 -o APT::Keep-Downloaded-Packages=true -o Acquire::Retries=3 -o Binary::apt::APT::Keep-Downloaded-Packages=true
 -o DPkg::Post-Invoke= -o APT::Update::Post-Invoke=)
say "package lists"
apt-get "${apt[@]}" update
kernel=$(apt-cache "${apt[@]}" depends linux-image-arm64 | awk '/Depends: linux-image-/{print $2; exit}')
mkdir -p "$work/none/partial"
plan() { apt-get "${apt[@]}" -o Dir::Cache::archives="$work/none" install --print-uris -y '?essential' $guest_packages | awk -F"'" '/^.http/{print $3}' | awk '{print $1}'; }
plan >"$work/debs"
say "$(wc -l <"$work/debs") packages for the guest, $kernel"
apt-get "${apt[@]}" install --download-only -y '?essential' $guest_packages >/dev/null
(cd "$out/apt/archives" && apt-get "${apt[@]}" download "$kernel" busybox-static)
say "downloaded"

# 3. kernel, device tree, the few modules that the board needs
k=$work/kernel; mkdir -p "$k"
dpkg-deb --fsys-tarfile "$out"/apt/archives/"$kernel"_*.deb | tar -x -C "$k" --wildcards \
  './boot/vmlinuz*' './boot/config*' './usr/lib/linux-image-*/broadcom/bcm2837-rpi-3-b.dtb' './lib/modules/*/modules.*' \
  './lib/modules/*/kernel/drivers/'{usb,hid,input,i2c,mmc,net/usb,net/mii.ko,block/loop.ko,pwm,watchdog,gpio,char/hw_random,dma} \
  './lib/modules/*/kernel/fs/'{ext4,jbd2,mbcache.ko,fuse,overlayfs,squashfs,fat,nls} './lib/modules/*/kernel/lib' './lib/modules/*/kernel/crypto' \
  './lib/modules/*/kernel/arch/arm64/crypto' './lib/modules/*/kernel/net/'{netfilter,sched,ipv4/netfilter,ipv6/netfilter}
version=$(basename "$k"/lib/modules/*)
cp "$k/boot/vmlinuz-$version" "$out/vmlinuz"
cp "$k"/usr/lib/linux-image-*/broadcom/bcm2837-rpi-3-b.dtb "$out/board.dtb"
python3 "$here/bootstub.py" "$out/vmlinuz" "$out/stub.bin"
depmod -b "$k" "$version"
sh "$here/guest/devicetree.sh" "$out/board.dtb"
say "kernel $version"

# 4. root file system: packages laid out without running their scripts (no foreign binary runs on this machine)
cat >"$work/finish.sh" <<FINISH
set -e
PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$here/mkroot.py" "$work/root" "$out/apt/archives" "$work/debs"
cp -a --no-preserve=ownership "$here/guest/root/." "$work/root/"
mkdir -p "$work/root/etc/systemd/system/multi-user.target.wants"
ln -s ../board-shell.service "$work/root/etc/systemd/system/multi-user.target.wants/"
mkdir -p "$work/root/usr/lib/modules"
cp -a --no-preserve=ownership "$k/lib/modules/$version" "$work/root/usr/lib/modules/"
chown -R 0:0 "$work/root/usr/lib/modules" "$work/root/payload"
chmod 755 "$work/root/usr/local/sbin/"*
mkdir -p "$work/usr" "$work/root/.usr/lower" "$work/root/.usr/upper" "$work/root/.usr/work"
mv "$work/root/usr" "$work/usr/"
mkdir "$work/root/usr"
mksquashfs "$work/usr/usr" "$work/usr.sqfs" -comp lz4 -noappend -no-progress -quiet -no-xattrs >/dev/null
rm -f "$out/sd.img.new"
mke2fs -q -t ext4 -L board -m 0 -E lazy_itable_init=1,lazy_journal_init=1,discard,root_owner=0:0 -O ^metadata_csum_seed,^orphan_file \
  -d "$work/root" "$out/sd.img.new" ${sd_mib}M >/dev/null
FINISH
$root bash "$work/finish.sh"
mv "$out/sd.img.new" "$out/sd.img"
say "card: $(du -h "$out/sd.img" | cut -f1) of ${sd_mib} MiB used; /usr: $(du -h "$work/usr.sqfs" | cut -f1)"

# 5. the initramfs: static busybox, the card's driver, ext4, and /usr (the emulated card reads 3.6 MB/s only)
i=$work/initramfs; mkdir -p "$i"/{bin,dev,proc,sys,new,payload}
dpkg-deb --fsys-tarfile "$out"/apt/archives/busybox-static_*.deb | tar -x -O ./bin/busybox >"$i/bin/busybox"
chmod 755 "$i/bin/busybox"; ln -s busybox "$i/bin/sh"; cp "$here/init" "$i/init"; chmod 755 "$i/init"
cp "$work/usr.sqfs" "$i/usr.sqfs"
depends() { for m in "$@"; do modprobe -S "$version" -d "$k" --show-depends "$m" | awk '$1 == "insmod"{print $2}'; done | awk '!seen[$0]++'; }
depends bcm2835 ext4 crc32c_generic loop squashfs overlay >"$work/modules"
# USB and its devices are started beside systemd, as on a Raspberry Pi, where they are part of the kernel
depends bcm2835_wdt phy-generic dwc2 usbhid hid-generic evdev ftdi_sio cdc_ether i2c-tiny-usb i2c-dev | grep -vxFf "$work/modules" >"$work/modules2"
mkdir -p "$i/modules2"; n=100
while read -r m; do cp "$m" "$i/modules2/$n-$(basename "$m")"; n=$((n + 1)); done <"$work/modules2"
mkdir -p "$i/modules"; n=100
while read -r m; do cp "$m" "$i/modules/$n-$(basename "$m")"; n=$((n + 1)); done <"$work/modules"
(cd "$i" && find . | LC_ALL=C sort | cpio -o -H newc --quiet -R 0:0) >"$out/initrd.img"

{ echo "built $(date -u +%FT%TZ) for $suite"; echo "kernel $version"; qemu-system-aarch64 --version | head -1; sed 's/\.deb$//' "$work/debs"; } >"$out/versions.txt"
rm -rf "$work"
echo "$stamp" >"$out/stamp"
say "done: $out"
