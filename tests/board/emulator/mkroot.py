"""Lays Debian packages out as a root file system that boots, without running any of their programs.

Usage: mkroot.py ROOT ARCHIVES LIST     (LIST: file names of .deb packages in ARCHIVES, one a line)

The packages' own set-up scripts do not run; what the board needs of their work is done here: users and groups,
alternatives, certificates, compiled Python, and a package database, so that dpkg works in the guest.
"""

import compileall
import concurrent.futures
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

root, archives = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
debs = [archives / name for name in pathlib.Path(sys.argv[3]).read_text().split()]
# of a package's documents only the copyright stays: dpkg takes a package without any file for replaced
LEAVE_OUT = [
    "./usr/share/doc/*/[!c]*",
    "./usr/share/doc/*/c[!o]*",
    "./usr/share/man/*",
    "./usr/share/locale/*",
    "./usr/share/info/*",
    "./usr/share/lintian/*",
    "./usr/share/bash-completion/*",
    "./usr/share/zsh/*",
    "./usr/share/i18n/*",
    "./usr/lib/udev/hwdb.d/*",
    "./lib/udev/hwdb.d/*",
    "./usr/share/zoneinfo/posix/*",
    "./usr/share/zoneinfo/right/*",
    "./usr/share/bug/*",
]


def write(name, text, mode=0o644):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def link(name, target):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_symlink() and not path.exists():
        path.symlink_to(target)


# one /usr
for name in ("bin", "sbin", "lib"):
    (root / "usr" / name).mkdir(parents=True, exist_ok=True)
    link(name, f"usr/{name}")
info = root / "var/lib/dpkg/info"
for name in ("updates", "alternatives", "triggers", "parts"):
    (root / "var/lib/dpkg" / name).mkdir(parents=True, exist_ok=True)
info.mkdir(parents=True, exist_ok=True)


def unpack(deb):
    out = subprocess.run(
        [
            "sh",
            "-c",
            'dpkg-deb --fsys-tarfile "$1" | tar -xpv --keep-directory-symlink -C "$2" ' + " ".join(f"--exclude='{x}'" for x in LEAVE_OUT),
            "sh",
            str(deb),
            str(root),
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    tmp = root / "var/lib/dpkg/parts" / deb.name
    tmp.mkdir()
    subprocess.run(["sh", "-c", 'dpkg-deb --ctrl-tarfile "$1" | tar -xp -C "$2"', "sh", str(deb), str(tmp)], check=True)
    fields, last = {}, None
    for line in (tmp / "control").read_text().splitlines():
        if line[:1].isspace():
            fields[last] += "\n" + line
        elif ":" in line:
            last, value = line.split(":", 1)
            fields[last] = value.strip()
    name = fields["Package"] + (f":{fields['Architecture']}" if fields.get("Multi-Arch") == "same" else "")
    for part in tmp.iterdir():
        if part.name != "control":
            shutil.copy2(part, info / f"{name}.{part.name}")
    shutil.rmtree(tmp)
    files = ["/" + f[2:].rstrip("/") if f != "./" else "/." for f in out.split("\n") if f]
    (info / f"{name}.list").write_text("\n".join(files) + "\n")
    status = [("Package", fields.pop("Package")), ("Status", "install ok installed"), *fields.items()]
    return "".join(f"{k}: {v}\n" for k, v in status) + "\n"


# base-files and libc6 first: they make the directories that others' links lie in
debs.sort(key=lambda d: (not d.name.startswith("base-files_"), not d.name.startswith("libc6_"), d.name))
stanzas = [unpack(debs[0]), unpack(debs[1])]
with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
    stanzas += pool.map(unpack, debs[2:])
shutil.rmtree(root / "var/lib/dpkg/parts")
write("var/lib/dpkg/status", "".join(sorted(stanzas)))
write("var/lib/dpkg/info/format", "1\n")
write("var/lib/dpkg/arch", "arm64\n")
for name in ("available", "diversions", "statoverride"):
    write(f"var/lib/dpkg/{name}", "")

# who waits for which trigger, and that none is due: where dpkg finds no `Unincorp`, it runs them all once, which takes minutes here and
# happens on no Pi
triggers = {"File": "", "Unincorp": ""}
for path in sorted(info.glob("*.triggers")):
    for words in (line.split() for line in path.read_text().splitlines()):
        if words and words[0] in ("interest", "interest-await", "interest-noawait"):
            waiting = path.name.removesuffix(".triggers") + ("/noawait" if words[0] == "interest-noawait" else "")
            file, line = ("File", f"{words[1]} {waiting}\n") if words[1].startswith("/") else (words[1], f"{waiting}\n")
            triggers[file] = triggers.get(file, "") + line
for name, lines in triggers.items():
    write(f"var/lib/dpkg/triggers/{name}", lines)

# users and groups: Debian's fixed ones, then those that the packages ask of systemd-sysusers
passwd = (root / "usr/share/base-passwd/passwd.master").read_text()
passwd = passwd.replace("root:*:0:0:root:/root:/bin/bash", "root:x:0:0:root:/root:/bin/bash").replace(":*:", ":x:")
group = (root / "usr/share/base-passwd/group.master").read_text().replace(":*:", ":x:")
users = {line.split(":")[0]: line.split(":") for line in passwd.splitlines()}
groups = {line.split(":")[0]: line.split(":") for line in group.splitlines()}


def free(taken):
    number = 999
    while str(number) in taken:
        number -= 1
    return str(number)


def add_group(name, number="-"):
    if name not in groups:
        if number in ("-", "") or not number.isdigit():
            number = free({g[2] for g in groups.values()} | {u[2] for u in users.values()})
        groups[name] = [name, "x", number, ""]


wanted = []
for conf in sorted((root / "usr/lib/sysusers.d").glob("*.conf")):
    lines = conf.read_text().splitlines()
    wanted += [shlex.split(line) for line in lines if line.strip() and not line.startswith("#")]
for words in wanted:
    if words[0] == "g":
        add_group(words[1], words[2] if len(words) > 2 else "-")
for words in wanted:
    if words[0] == "u" and words[1] not in users:
        number = words[2] if len(words) > 2 else "-"
        add_group(words[1], number.split(":")[0])
        gid = groups[words[1]][2]
        rest = [w if w != "-" else "" for w in words[3:]] + ["", "", ""]
        users[words[1]] = [words[1], "x", gid, gid, rest[0], rest[1] or "/", rest[2] or "/usr/sbin/nologin"]
for name in ("gpio", "i2c", "spi", "input", "systemd-journal", "render", "kvm"):
    add_group(name)
write("etc/passwd", "".join(":".join(u) + "\n" for u in users.values()))
write("etc/group", "".join(":".join(g) + "\n" for g in groups.values()))
write("etc/shadow", "".join(f"{n}:*:19000:0:99999:7:::\n" for n in users), 0o640)
write("etc/gshadow", "".join(f"{n}:*::\n" for n in groups), 0o640)
for name in ("etc/shadow", "etc/gshadow"):
    os.chown(root / name, 0, int(groups["shadow"][2]))

# what the set-up scripts of base-files, libc-bin, mawk, systemd and ca-certificates would leave behind
for name, target in {
    "etc/alternatives/awk": "/usr/bin/mawk",
    "usr/bin/awk": "/etc/alternatives/awk",
    "etc/mtab": "../proc/self/mounts",
    "etc/localtime": "/usr/share/zoneinfo/Etc/UTC",
    "etc/os-release": "../usr/lib/os-release",
    "var/run": "/run",
    "var/lock": "/run/lock",
    "etc/systemd/system/default.target": "/lib/systemd/system/multi-user.target",
}.items():
    link(name, target)
for source, target in {
    "usr/share/base-files/profile": "etc/profile",
    "usr/share/base-files/dot.profile": "root/.profile",
    "usr/share/base-files/dot.bashrc": "root/.bashrc",
    "usr/share/libc-bin/nsswitch.conf": "etc/nsswitch.conf",
}.items():
    if (root / source).exists() and not (root / target).exists():
        shutil.copy(root / source, root / target)
if not (root / "etc/nsswitch.conf").exists():
    write("etc/nsswitch.conf", "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n")
for name in ("auth", "account", "password", "session", "session-noninteractive"):
    write(f"etc/pam.d/common-{name}", f"{name.split('-')[0]} required pam_unix.so\n")
write("etc/timezone", "Etc/UTC\n")
write("etc/hostname", "board\n")
write("etc/hosts", "127.0.0.1 localhost board\n10.0.2.2 host\n")
write("etc/machine-id", "b0a4db0a4db0a4db0a4db0a4db0a4db0\n")
write("etc/fstab", "")
for name, mode in {
    "root": 0o700,
    "tmp": 0o1777,
    "var/tmp": 0o1777,
    "run": 0o755,
    "proc": 0o755,
    "sys": 0o755,
    "dev": 0o755,
    "payload": 0o755,
    "var/lib/systemd": 0o755,
}.items():
    (root / name).mkdir(parents=True, exist_ok=True)
    (root / name).chmod(mode)
certs = sorted((root / "usr/share/ca-certificates").rglob("*.crt"))
write("etc/ssl/certs/ca-certificates.crt", "".join(c.read_text() for c in certs))
write("etc/ca-certificates.conf", "".join(f"{c.relative_to(root / 'usr/share/ca-certificates')}\n" for c in certs))

# units that only cost time on a board without network servers, screens and users
for unit in (
    "serial-getty@.service",
    "getty@.service",
    "systemd-firstboot.service",
    "systemd-hwdb-update.service",
    "systemd-timesyncd.service",
    "systemd-update-utmp.service",
    "systemd-update-utmp-runlevel.service",
    "ldconfig.service",
    "systemd-pcrphase-sysinit.service",
    "systemd-journal-catalog-update.service",
    "systemd-machine-id-commit.service",
    "systemd-network-generator.service",
    "dev-hugepages.mount",
    "dev-mqueue.mount",
    "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount",
    "proc-sys-fs-binfmt_misc.automount",
    "systemd-binfmt.service",
    "systemd-ask-password-wall.path",
    "systemd-ask-password-console.path",
    "getty.target",
    "systemd-sysusers.service",
    "systemd-update-done.service",
    "systemd-pstore.service",
    "modprobe@drm.service",
    "modprobe@efi_pstore.service",
    "modprobe@configfs.service",
    "modprobe@dm_mod.service",
    "modprobe@loop.service",
    "modprobe@fuse.service",
    "sys-fs-fuse-connections.mount",
    "sys-kernel-config.mount",
    "systemd-remount-fs.service",
    "systemd-modules-load.service",
    "cryptsetup.target",
    "integritysetup.target",
    "veritysetup.target",
    "swap.target",
):
    link(f"etc/systemd/system/{unit}", "/dev/null")
for name in (
    "cryptsetup",
    "debug",
    "getty",
    "gpt-auto",
    "hibernate-resume",
    "integritysetup",
    "run",
    "system-update",
    "sysv",
    "veritysetup",
):
    link(f"etc/systemd/system-generators/systemd-{name}-generator", "/dev/null")
write(
    "etc/modprobe.d/board.conf",
    "# the emulated network card speaks CDC Ethernet; these would race for it\nblacklist cdc_subset\nblacklist rndis_host\n",
)
os.utime(root / "usr")
write("etc/.updated", "")
write("var/.updated", "")

# Python compiled ahead: importing is slow enough on an emulated processor
here = f"{sys.version_info[0]}.{sys.version_info[1]}"
if (root / f"usr/lib/python{here}").exists():
    sys.dont_write_bytecode = False
    for folder in (f"usr/lib/python{here}", "usr/lib/python3/dist-packages"):
        compileall.compile_dir(root / folder, quiet=2, workers=os.cpu_count() or 2, stripdir=str(root), prependdir="/", maxlevels=30)
else:
    print("note: this machine has no Python of the guest's version; the guest compiles its modules at first use", file=sys.stderr)
